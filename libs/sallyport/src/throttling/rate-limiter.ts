import { Injectable, Logger } from '@nestjs/common';
import { addSeconds, Clock } from '../clock.js';
import { SallyportError } from '../errors.js';
import { LocalRateLimits } from './local-rate-limits.js';
import { RateLimitStore } from './rate-limit.store.js';
import type { RateLimitDemand, RateLimitState } from './rate-limit.js';

const STORE_PAUSE_SECONDS = 1;
const LOG_EVERY_SECONDS = 60;

/**
 * Spends the limits of a request in the store. While that is out of reach the same limits go on in this
 * process (so several instances let through up to that many times the limit), logged and counted.
 */
@Injectable()
export class RateLimiter {
  private readonly logger = new Logger('Sallyport');
  private readonly local = new LocalRateLimits();
  private pausedUntil = new Date(0);
  private silentUntil = new Date(0);
  private decidedLocally = 0;

  constructor(
    private readonly store: RateLimitStore,
    private readonly clock: Clock,
  ) {}

  /** Requests whose limits this process decided alone since it started. */
  get localDecisions(): number {
    return this.decidedLocally;
  }

  async consume(demands: readonly RateLimitDemand[]): Promise<readonly RateLimitState[]> {
    if (demands.length === 0) return [];
    const now = this.clock.now();
    if (isUntil(this.pausedUntil, STORE_PAUSE_SECONDS, now))
      return this.consumeLocally(demands, now);
    try {
      return await this.store.consume(demands);
    } catch (error) {
      if (!(error instanceof SallyportError && error.code === 'ERR_STORE_UNAVAILABLE')) throw error;
      // A store that hangs would otherwise cost every request its timeout.
      this.pausedUntil = addSeconds(now, STORE_PAUSE_SECONDS);
      const states = this.consumeLocally(demands, now);
      this.report(error, now);
      return states;
    }
  }

  private consumeLocally(
    demands: readonly RateLimitDemand[],
    now: Date,
  ): readonly RateLimitState[] {
    this.decidedLocally += 1;
    return this.local.consume(demands, now);
  }

  private report(error: SallyportError, now: Date): void {
    if (isUntil(this.silentUntil, LOG_EVERY_SECONDS, now)) return;
    this.silentUntil = addSeconds(now, LOG_EVERY_SECONDS);
    this.logger.warn(
      `rate limits are counted by this instance alone (${this.decidedLocally} so far): ${error.message}`,
    );
  }
}

/** An end that is further away than it can be was set by a clock that has been set back since. */
const isUntil = (end: Date, seconds: number, now: Date): boolean =>
  now < end && end <= addSeconds(now, seconds);
