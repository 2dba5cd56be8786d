import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Clock } from '../../clock.js';
import { Randomness, uuidv7 } from '../../randomness.js';
import { UsageMeter } from '../counting/usage-meter.js';
import type { UsageBatch } from '../usage-batch.js';
import { UsageBuffer } from '../usage.buffer.js';
import { USAGE_OPTIONS, type ResolvedUsageOptions } from '../usage.options.js';
import { PendingUsage } from './pending-usage.js';
import { PruneUsage } from './prune-usage.js';
import { WriteUsage } from './write-usage.js';

/** Batches that are written in one transaction. */
const PER_WRITE = 10;
/** How often one run asks the buffer for more, at most. */
const ROUNDS = 20;

/** Takes what was counted to the buffer every few seconds, and what is there to the store. Never throws. */
@Injectable()
export class UsageFlusher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Usage');
  private readonly pending: PendingUsage;
  private readonly holder: string;
  /** Sent, and not known to have arrived: to be sent again as it is. */
  private unconfirmed: UsageBatch | null = null;
  private timer: NodeJS.Timeout | undefined;
  private flushing: Promise<void> = Promise.resolve();
  private isFailing = false;

  constructor(
    private readonly meter: UsageMeter,
    private readonly buffer: UsageBuffer,
    private readonly writer: WriteUsage,
    private readonly pruner: PruneUsage,
    private readonly clock: Clock,
    private readonly randomness: Randomness,
    @Inject(USAGE_OPTIONS) private readonly options: ResolvedUsageOptions,
  ) {
    this.pending = new PendingUsage(2 * options.maxRows);
    this.holder = uuidv7(randomness, clock.now());
  }

  /** Rows that wait to be written, and how many calls of them have lost detail. */
  get waiting(): { readonly rows: number; readonly folded: number } {
    return {
      rows: this.pending.size + (this.unconfirmed?.rows.length ?? 0),
      folded: this.pending.folded,
    };
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.flush(), this.options.flushSeconds * 1000);
    this.timer.unref();
  }

  /** Requests that are still open are counted later: whoever closes the server calls `stop` again. */
  beforeApplicationShutdown(): Promise<void> {
    return this.stop();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all([this.flush(), this.pruner.stop()]);
    await this.buffer.release(this.holder).catch(() => undefined);
  }

  /** Writes what has been counted so far. What cannot be written is kept for the next time. */
  flush(): Promise<void> {
    this.flushing = this.flushing.then(() => this.run());
    return this.flushing;
  }

  private async run(): Promise<void> {
    try {
      this.pending.add(this.meter.take());
      await this.deliver();
      await this.drain();
      this.isFailing = false;
      // Beside it: what was counted meanwhile must not wait for it.
      void this.pruner.runIfDue();
    } catch (error) {
      if (!this.isFailing) this.logger.warn(`cannot write usage yet: ${messageOf(error)}`);
      this.isFailing = true;
    }
  }

  private async deliver(): Promise<void> {
    for (;;) {
      this.unconfirmed ??= this.pending.next(() => uuidv7(this.randomness, this.clock.now()));
      if (this.unconfirmed === null) return;
      const isBuffered = await this.buffer.push(this.unconfirmed).catch(() => false);
      // It may be in the buffer all the same, where the answer was lost: by its id it counts once.
      if (!isBuffered) await this.writer.write([this.unconfirmed]);
      this.unconfirmed = null;
    }
  }

  private async drain(): Promise<void> {
    // Others may push as fast as one writes: this instance's own counts must get their turn.
    for (let round = 0; round < ROUNDS; round += 1) {
      const batches = await this.buffer.peek(this.holder, PER_WRITE).catch(() => []);
      if (batches.length === 0) return;
      await this.writer.write(batches);
      await this.buffer.remove(batches.map(({ id }) => id));
      if (batches.length < PER_WRITE) return;
    }
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : 'failure');
