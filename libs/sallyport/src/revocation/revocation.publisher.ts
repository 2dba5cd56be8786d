import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { addSeconds, Clock } from '../clock.js';
import { RevocationReplica } from './replica/revocation.replica.js';
import { RevocationList, type ListedRevocation } from './revocation.list.js';
import { REVOCATION_OPTIONS, type ResolvedRevocationOptions } from './revocation.options.js';
import { noticeOf, type RevocationNotice } from './revocation-notice.js';
import { RevocationStore } from './revocation.store.js';
import {
  isRecord,
  keyPrefixOf,
  RECORD_KINDS,
  RECORD_SECONDS,
  type RevocationChange,
  type RevocationKind,
} from './revocation.js';

const TURN_MILLISECONDS = 250;
/** The list counts while the outbox was read so lately: less than the promised second, by what a check takes. */
const TRUST_SECONDS = 0.9;
/** So long whoever revokes waits for an outbox that others keep filling. */
const ROUND_SECONDS = 0.5;
const REBUILD_EVERY_SECONDS = 5;
const PRUNE_EVERY_SECONDS = 3600;
const LOG_EVERY_SECONDS = 60;
const PAGE = 500;

/** Kinds of which new tokens may still come when the horizon has passed, from other issuers at least. */
const SESSION_KINDS: readonly RevocationKind[] = ['session', 'grant'];

/**
 * Keeps the list in step with the durable store: publishes the outbox, fills a list that was lost, prunes
 * what no living token can meet. Every instance runs one; doing a thing twice changes nothing.
 *
 * Whatever keeps an instance from reading the outbox (a slow database, a long queue, a stopped process) also
 * keeps it from trusting the list, so that what another one has committed is refused here within a second.
 */
@Injectable()
export class RevocationPublisher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Revocation');
  private timer: NodeJS.Timeout | undefined;
  private upkeep: Promise<void> | undefined;
  private running: Promise<void> | undefined;
  private queued: Promise<void> | undefined;
  private isClosing = false;
  /** All that was committed before this instant is in the list. */
  private completeAt: Date | null = null;
  private rebuildWanted = true;
  private rebuiltAt = new Date(0);
  private prunedAt: Date;
  private loggedAt = new Date(0);

  constructor(
    private readonly store: RevocationStore,
    private readonly list: RevocationList,
    private readonly replica: RevocationReplica,
    private readonly clock: Clock,
    @Inject(REVOCATION_OPTIONS) private readonly options: ResolvedRevocationOptions,
  ) {
    this.prunedAt = clock.now();
  }

  /** Whether revocations may be missing from the list, which then may not be trusted. */
  get isBehind(): boolean {
    return this.completeAt === null || isDue(this.completeAt, TRUST_SECONDS, this.clock.now());
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.tick();
    this.timer = setInterval(() => {
      if (this.running === undefined) void this.flush();
      // Beside it: to fill a list or to prune may take longer than a revocation may wait.
      this.upkeep ??= this.maintain().finally(() => {
        this.upkeep = undefined;
      });
    }, TURN_MILLISECONDS);
    this.timer.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isClosing = true;
    clearInterval(this.timer);
    await Promise.all([this.upkeep, this.running, this.queued]);
  }

  /** For whoever found that the list cannot vouch for itself: fills it at the next turn. */
  requestRebuild(): void {
    this.rebuildWanted = true;
  }

  /** One turn. Never throws. */
  async tick(): Promise<void> {
    await this.flush();
    await this.maintain();
  }

  /**
   * Publishes all that was committed before the call, or goes on at the next turn and is behind until then.
   * Never throws. Concurrent calls share one round.
   */
  flush(): Promise<void> {
    if (this.running === undefined) {
      this.running = this.publishOutbox().finally(() => {
        this.running = undefined;
      });
      return this.running;
    }
    // The round under way may have read the outbox before the caller's commit: one more follows it.
    this.queued ??= this.running.then(() => {
      this.queued = undefined;
      return this.flush();
    });
    return this.queued;
  }

  private async publishOutbox(): Promise<void> {
    const startedAt = this.clock.now();
    await this.quietly('publish', async () => {
      for (;;) {
        const readAt = this.clock.now();
        const batch = await this.store.unpublished(PAGE);
        // Refused here from now on, even when nobody else can be told.
        const notices = batch.map(noticeOf);
        for (const notice of notices) this.replica.apply(notice);
        if (batch.length > 0) await this.publishBatch(batch, notices);
        if (batch.length < PAGE) {
          this.completeAt = readAt;
          return;
        }
        if (isDue(startedAt, ROUND_SECONDS, this.clock.now())) {
          this.completeAt = null;
          return;
        }
      }
    });
  }

  private async publishBatch(
    batch: readonly RevocationChange[],
    notices: readonly RevocationNotice[],
  ): Promise<void> {
    try {
      const lasting = batch.filter(isListed).map(this.listed);
      await this.list.publish(lasting, this.options.horizonSeconds, notices);
    } catch (cause) {
      this.completeAt = null;
      throw cause;
    }
    await this.store.markPublished(batch);
  }

  private readonly listed = ({
    key,
    kind,
    epoch,
    revokedAt,
  }: RevocationChange): ListedRevocation => ({
    key,
    epoch,
    revokedAt,
    ...(SESSION_KINDS.includes(kind) && { ttlSeconds: this.options.sessionSeconds }),
  });

  private async maintain(): Promise<void> {
    const now = this.clock.now();
    if (this.rebuildWanted || isDue(this.rebuiltAt, REBUILD_EVERY_SECONDS, now)) {
      await this.quietly('rebuild', () => this.rebuild(now));
    }
    if (isDue(this.prunedAt, PRUNE_EVERY_SECONDS, now)) {
      await this.quietly('prune', () => this.prune(now));
    }
  }

  private async rebuild(now: Date): Promise<void> {
    this.rebuildWanted = false;
    this.rebuiltAt = now;
    try {
      await this.list.rebuild(() => this.pages(now), this.options.horizonSeconds);
    } catch (cause) {
      this.rebuildWanted = true;
      throw cause;
    }
  }

  private async *pages(now: Date): AsyncGenerator<readonly ListedRevocation[]> {
    const { horizonSeconds, sessionSeconds } = this.options;
    yield* this.pagesSince(addSeconds(now, -horizonSeconds), '');
    for (const kind of SESSION_KINDS) {
      yield* this.pagesSince(addSeconds(now, -sessionSeconds), keyPrefixOf(kind));
    }
  }

  /** Of the keys that begin so: pages come in their order. */
  private async *pagesSince(
    since: Date,
    prefix: string,
  ): AsyncGenerator<readonly ListedRevocation[]> {
    let after: string | null = prefix === '' ? null : prefix;
    for (;;) {
      if (this.isClosing) throw new Error('the app shuts down');
      const page: readonly RevocationChange[] = await this.store.changedSince(since, after, PAGE);
      const wanted = page.filter(({ key }) => key.startsWith(prefix));
      if (wanted.length > 0) yield wanted.filter(isListed).map(this.listed);
      after = page.at(-1)?.key ?? null;
      if (wanted.length < PAGE || after === null) return;
    }
  }

  private async prune(now: Date): Promise<void> {
    const { horizonSeconds, sessionSeconds } = this.options;
    for (const [kinds, seconds] of [
      [['token'], horizonSeconds],
      [RECORD_KINDS, 2 * RECORD_SECONDS],
      [SESSION_KINDS, sessionSeconds],
    ] as const) {
      let pruned = PAGE;
      while (pruned === PAGE && !this.isClosing) {
        pruned = await this.store.prune(kinds, addSeconds(now, -seconds), PAGE);
      }
    }
    this.prunedAt = now;
  }

  private async quietly(what: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const now = this.clock.now();
      if (!isDue(this.loggedAt, LOG_EVERY_SECONDS, now)) return;
      this.loggedAt = now;
      const reason = error instanceof Error ? error.message : String(error);
      this.logger.warn(`cannot ${what} revocations, will try again: ${reason}`);
    }
  }
}

/** A change of a record ends nothing: there is nothing to be asked about it. */
const isListed = ({ kind }: RevocationChange): boolean => !isRecord(kind);

/** A last time that lies in the future is one of a clock that was set back since. */
const isDue = (last: Date, everySeconds: number, now: Date): boolean =>
  last > now || now.getTime() - last.getTime() >= everySeconds * 1000;
