import { Injectable } from '@nestjs/common';
import { Clock } from '../../clock.js';
import { LocalRateLimits } from '../../throttling/local-rate-limits.js';
import { RateLimitStore } from '../../throttling/rate-limit.store.js';
import type { RateLimitDemand, RateLimitState } from '../../throttling/rate-limit.js';

/** Counts in this process: right only while it is the only one. */
@Injectable()
export class MemoryRateLimitStore extends RateLimitStore {
  private readonly limits = new LocalRateLimits();

  constructor(private readonly clock: Clock) {
    super();
  }

  consume(demands: readonly RateLimitDemand[]): Promise<readonly RateLimitState[]> {
    return Promise.resolve(this.limits.consume(demands, this.clock.now()));
  }
}
