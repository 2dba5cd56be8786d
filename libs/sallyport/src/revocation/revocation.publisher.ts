import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { addSeconds, Clock } from '../clock.js';
import { RevocationList, type ListedRevocation } from './revocation.list.js';
import { REVOCATION_OPTIONS, type ResolvedRevocationOptions } from './revocation.options.js';
import { RevocationStore } from './revocation.store.js';
import type { Revocation } from './revocation.js';

const TURN_MILLISECONDS = 250;
const REBUILD_EVERY_SECONDS = 5;
const PRUNE_EVERY_SECONDS = 3600;
const LOG_EVERY_SECONDS = 60;
const PAGE = 500;

/**
 * Keeps the list in step with the durable store: publishes the outbox, fills a list that was lost, prunes
 * what no living token can meet. Every instance runs one; doing a thing twice changes nothing.
 */
@Injectable()
export class RevocationPublisher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Revocation');
  private timer: NodeJS.Timeout | undefined;
  private turn: Promise<void> | undefined;
  private running: Promise<void> | undefined;
  private queued: Promise<void> | undefined;
  private behind = false;
  private rebuildWanted = true;
  private rebuiltAt = new Date(0);
  private prunedAt: Date;
  private loggedAt = new Date(0);

  constructor(
    private readonly store: RevocationStore,
    private readonly list: RevocationList,
    private readonly clock: Clock,
    @Inject(REVOCATION_OPTIONS) private readonly options: ResolvedRevocationOptions,
  ) {
    this.prunedAt = clock.now();
  }

  /** Whether revocations are known to be missing from the list, which then may not be trusted. */
  get isBehind(): boolean {
    return this.behind;
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.tick();
    this.timer = setInterval(() => {
      this.turn ??= this.tick().finally(() => {
        this.turn = undefined;
      });
    }, TURN_MILLISECONDS);
    this.timer.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all([this.turn, this.running, this.queued]);
  }

  /** For whoever found that the list cannot vouch for itself: fills it at the next turn. */
  requestRebuild(): void {
    this.rebuildWanted = true;
  }

  /** One turn. Never throws. */
  async tick(): Promise<void> {
    await this.flush();
    const now = this.clock.now();
    if (this.rebuildWanted || isDue(this.rebuiltAt, REBUILD_EVERY_SECONDS, now)) {
      await this.quietly('rebuild', () => this.rebuild(now));
    }
    if (isDue(this.prunedAt, PRUNE_EVERY_SECONDS, now)) {
      this.prunedAt = now;
      await this.quietly('prune', () =>
        this.store.prune(addSeconds(now, -this.options.horizonSeconds)),
      );
    }
  }

  /** Publishes all that was committed before the call. Never throws. Concurrent calls share one round. */
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
    await this.quietly('publish', async () => {
      for (;;) {
        const batch = await this.store.unpublished(PAGE);
        if (batch.length > 0) await this.publishBatch(batch);
        if (batch.length < PAGE) break;
      }
      this.behind = false;
    });
  }

  private async publishBatch(batch: readonly Revocation[]): Promise<void> {
    try {
      await this.list.publish(batch, this.options.horizonSeconds);
    } catch (cause) {
      this.behind = true;
      throw cause;
    }
    await this.store.markPublished(batch);
  }

  private async rebuild(now: Date): Promise<void> {
    this.rebuildWanted = false;
    this.rebuiltAt = now;
    try {
      await this.list.rebuild(
        () => this.pagesSince(addSeconds(now, -this.options.horizonSeconds)),
        this.options.horizonSeconds,
      );
    } catch (cause) {
      this.rebuildWanted = true;
      throw cause;
    }
  }

  private async *pagesSince(since: Date): AsyncGenerator<readonly ListedRevocation[]> {
    let after: string | null = null;
    for (;;) {
      const page: readonly ListedRevocation[] = await this.store.changedSince(since, after, PAGE);
      if (page.length > 0) yield page;
      after = page.at(-1)?.key ?? null;
      if (page.length < PAGE || after === null) return;
    }
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

const isDue = (last: Date, everySeconds: number, now: Date): boolean =>
  now.getTime() - last.getTime() >= everySeconds * 1000;
