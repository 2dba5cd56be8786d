import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import type { ClientPrincipal } from '../../principals/caller.js';
import { resolveQuota, type Quota, type QuotaOptions } from '../quota.js';
import { THROTTLING_OPTIONS, type ResolvedThrottlingOptions } from '../throttling.options.js';
import { PlanStore } from './plan.store.js';
import type { PlanChange, PlanKind } from './plan.js';

const REFRESH_MS = 500;
const PAGE = 1000;
/** Logged names of plans that nobody knows. */
const MAX_UNKNOWN = 1000;

/**
 * The plans as of at most half a second ago, all of them in memory, so that a request looks its quota up. A quota stays
 * one object until it changes: what is prepared for it is kept by that.
 */
@Injectable()
export class PlanBook implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('Sallyport');
  private readonly stored = {
    plan: new Map<string, QuotaOptions>(),
    client: new Map<string, QuotaOptions>(),
  };
  /** Worked out from the above and the options; forgotten when anything changes. */
  private readonly plans = new Map<string, Quota>();
  private readonly clients = new Map<
    string,
    { readonly plan: string | null; readonly quota: Quota }
  >();
  private readonly unknown = new Set<string>();
  /** The change that was read last. */
  private last: PlanChange | null = null;
  private refreshing: Promise<void> | null = null;
  private timer: NodeJS.Timeout | undefined;
  private isBehind = false;

  constructor(
    private readonly store: PlanStore,
    @Inject(THROTTLING_OPTIONS) private readonly options: ResolvedThrottlingOptions,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.refresh();
    this.timer = setInterval(() => void this.refresh(), REFRESH_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** What a client may send by now. */
  quotaOf({ clientId, plan }: ClientPrincipal): Quota {
    const own = this.stored.client.size === 0 ? undefined : this.stored.client.get(clientId);
    if (own === undefined)
      return plan === null ? this.options.client : this.planned(plan, clientId);
    const known = this.clients.get(clientId);
    if (known?.plan === plan) return known.quota;
    const otherwise = plan === null ? this.options.client : this.planned(plan, clientId);
    const quota = resolveQuota('client', { given: own, otherwise }, []);
    this.clients.set(clientId, { plan, quota });
    return quota;
  }

  /** Reads what was changed, now: for whoever hears that a plan, or the limits of a client, did. */
  evict(): Promise<void> {
    // One that is under way may have read before the change.
    return this.refreshing === null ? this.refresh() : this.refreshing.then(() => this.refresh());
  }

  /** Never rejects: while the store is away the plans stay as they are. */
  private refresh(): Promise<void> {
    this.refreshing ??= this.read().finally(() => {
      this.refreshing = null;
    });
    return this.refreshing;
  }

  private async read(): Promise<void> {
    try {
      const { last } = this;
      const changes = await this.changesAfter(last === null ? 0 : last.revision - 1);
      if (last === null || changes.some((change) => isSameOrLater(change, last))) {
        for (const change of changes) {
          if (change.revision > (last?.revision ?? 0)) this.apply(change);
        }
      } else this.startOver(await this.changesAfter(0));
      this.isBehind = false;
    } catch {
      if (!this.isBehind) this.logger.warn('plans cannot be read: the limits stay as they are');
      this.isBehind = true;
    }
  }

  private async changesAfter(revision: number): Promise<readonly PlanChange[]> {
    const changes: PlanChange[] = [];
    for (;;) {
      const after = changes.at(-1)?.revision ?? revision;
      const page = await this.store.changedSince(after, PAGE);
      changes.push(...page);
      if (page.length < PAGE) return changes;
    }
  }

  /** What was read last is not there any more: the store was restored, and numbers its changes anew. */
  private startOver(changes: readonly PlanChange[]): void {
    for (const known of [this.stored.plan, this.stored.client, this.plans, this.clients]) {
      known.clear();
    }
    this.last = null;
    for (const change of changes) this.apply(change);
  }

  private apply(change: PlanChange): void {
    const { kind, name, quota } = change;
    const stored: Record<PlanKind, Map<string, QuotaOptions>> = this.stored;
    if (quota === null) stored[kind].delete(name);
    else stored[kind].set(name, quota);
    this.last = change;
    this.unknown.delete(name);
    if (kind === 'client') this.clients.delete(name);
    else {
      this.plans.delete(name);
      for (const [clientId, { plan }] of this.clients) {
        if (plan === name) this.clients.delete(clientId);
      }
    }
  }

  private planned(name: string, clientId: string): Quota {
    const known = this.plans.get(name);
    if (known !== undefined) return known;
    const given = this.stored.plan.get(name);
    if (given === undefined) return this.options.plans.get(name) ?? this.unplanned(name, clientId);
    const quota = resolveQuota('plan', { given, otherwise: this.options.client }, []);
    this.plans.set(name, quota);
    return quota;
  }

  private unplanned(name: string, clientId: string): Quota {
    if (!this.unknown.has(name) && this.unknown.size < MAX_UNKNOWN) {
      this.unknown.add(name);
      this.logger.warn(
        `client ${clientId} has plan "${name}", which nobody stored and throttling.plans lacks: the default quota applies`,
      );
    }
    return this.options.client;
  }
}

/** Whether it is that change, or what became of the same plan after it. */
const isSameOrLater = (change: PlanChange, last: PlanChange): boolean =>
  change.kind === last.kind &&
  change.name === last.name &&
  (change.revision > last.revision || JSON.stringify(change.quota) === JSON.stringify(last.quota));
