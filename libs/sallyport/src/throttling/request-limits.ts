import {
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import type { Limit } from './counting/limit.js';
import type { DemandSet } from './demands/demand-set.js';
import { InstanceCensus } from './instance-census.js';
import { Leases } from './leases/leases.js';
import { RateLimiter } from './rate-limiter.js';
import type { RateLimitState } from './rate-limit.js';

const SWEEP_MS = 1000;

/** Spends all limits of a request, or none: from what this instance holds where that is enough, else by asking. */
@Injectable()
export class RequestLimits
  implements OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown
{
  private readonly leases: Leases;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly limiter: RateLimiter,
    census: InstanceCensus,
  ) {
    this.leases = new Leases(limiter, census.holder);
  }

  onModuleInit(): void {
    this.timer = setInterval(() => void this.leases.sweep(), SWEEP_MS).unref();
  }

  /** While the store can still be reached. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.leases.close();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  now(): number {
    return this.limiter.now();
  }

  /** True when all are spent; false where that takes more than this instance holds: ask `spend`. */
  spendHeld(set: DemandSet, now: number): boolean {
    return set.isLeased && this.leases.spend(set, now);
  }

  /** Null when all are spent; else how they stand, in the order of the set, at least one of them refusing. */
  async spend(set: DemandSet): Promise<Spending> {
    const refusing = set.leased.length === 0 ? null : await this.leases.acquire(set);
    if (refusing !== null) return { isAllowed: false, states: this.leasedStates(set, refusing) };
    if (set.exact.length === 0) return { isAllowed: true, states: this.leasedStates(set, []) };
    const exact = await this.limiter.consume(set.exact).catch((error: unknown) => {
      this.leases.restore(set);
      throw error;
    });
    const isAllowed = exact.every(({ allowed }) => allowed);
    if (!isAllowed) this.leases.restore(set);
    return { isAllowed, states: [...this.leasedStates(set, []), ...exact] };
  }

  /** The request has ended: it is not under way any more. */
  release(set: DemandSet): void {
    for (const lease of set.leases) if (lease?.isConcurrency === true) this.leases.release(lease);
  }

  private leasedStates(set: DemandSet, refusing: readonly Limit[]): readonly RateLimitState[] {
    const now = this.now();
    return set.leased.flatMap(
      (limit, at) => set.leases[at]?.stateAt(now, limit, !refusing.includes(limit)) ?? [],
    );
  }
}

export interface Spending {
  readonly isAllowed: boolean;
  /** In the order of `DemandSet.all`. */
  readonly states: readonly RateLimitState[];
}
