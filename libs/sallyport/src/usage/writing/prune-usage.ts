import { Inject, Injectable, Logger } from '@nestjs/common';
import { addSeconds, Clock } from '../../clock.js';
import { USAGE_OPTIONS, type ResolvedUsageOptions } from '../usage.options.js';
import { UsageStore } from '../usage.store.js';
import { GRANULARITIES } from '../usage.js';

const DAY_SECONDS = 86_400;
const EVERY_SECONDS = 3600;
/** Rows of one statement, and statements of one run for each granularity: what is left goes in the next. */
const PER_STATEMENT = 1000;
const STATEMENTS = 100;
/** So long a batch may be sent again and is still known; rows of a store that was away for longer would count twice. */
const BATCH_DAYS = 7;

/** Deletes what is older than it is kept for. Every instance does; doing it twice changes nothing. */
@Injectable()
export class PruneUsage {
  private readonly logger = new Logger('Usage');
  private prunedAt: Date | null = null;
  private running: Promise<void> | null = null;
  private isStopping = false;

  constructor(
    private readonly store: UsageStore,
    private readonly clock: Clock,
    @Inject(USAGE_OPTIONS) private readonly options: ResolvedUsageOptions,
  ) {}

  /** At most once an hour, but at once again while one run leaves some. Never rejects; calls at once share a run. */
  runIfDue(): Promise<void> {
    this.running ??= this.runNow().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  /** Ends a run that is under way, after its statement. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await this.running;
  }

  /** Returns whether nothing is left. */
  async run(): Promise<boolean> {
    const daysAgo = (days: number): Date => addSeconds(this.clock.now(), -days * DAY_SECONDS);
    let isDone = true;
    for (const granularity of GRANULARITIES) {
      const before = daysAgo(this.options.retentionDays[granularity]);
      const isClean = await this.untilFew(() =>
        this.store.prune(granularity, before, PER_STATEMENT),
      );
      isDone &&= isClean;
    }
    const isClean = await this.untilFew(() =>
      this.store.pruneBatches(daysAgo(BATCH_DAYS), PER_STATEMENT),
    );
    return isDone && isClean;
  }

  private async runNow(): Promise<void> {
    const now = this.clock.now();
    if (this.prunedAt !== null && addSeconds(this.prunedAt, EVERY_SECONDS) > now) return;
    this.prunedAt = now;
    try {
      if (!(await this.run())) this.prunedAt = null;
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'failure';
      this.logger.warn(`old usage cannot be deleted, will try again in an hour: ${reason}`);
    }
  }

  private async untilFew(prune: () => Promise<number>): Promise<boolean> {
    for (let statements = 0; statements < STATEMENTS && !this.isStopping; statements += 1) {
      if ((await prune()) < PER_STATEMENT) return true;
    }
    return false;
  }
}
