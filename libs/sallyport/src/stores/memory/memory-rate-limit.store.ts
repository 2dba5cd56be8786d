import { Injectable } from '@nestjs/common';
import { Clock } from '../../clock.js';
import { Limit } from '../../throttling/counting/limit.js';
import { LocalCounts } from '../../throttling/counting/local-counts.js';
import {
  RateLimitStore,
  type LeaseGrant,
  type LeaseRequest,
} from '../../throttling/rate-limit.store.js';
import type { LimitDemand, RateLimitState } from '../../throttling/rate-limit.js';

/** Counts in this process: right only while it is the only one. */
@Injectable()
export class MemoryRateLimitStore extends RateLimitStore {
  private readonly counts = new LocalCounts();

  constructor(private readonly clock: Clock) {
    super();
  }

  consume(demands: readonly (LimitDemand | Limit)[]): Promise<readonly RateLimitState[]> {
    const limits = demands.map((demand) => Limit.of(demand));
    return Promise.resolve(this.counts.consume(limits, this.clock.now().getTime()));
  }

  lease(requests: readonly LeaseRequest[]): Promise<readonly LeaseGrant[]> {
    const now = this.clock.now().getTime();
    return Promise.resolve(requests.map((request) => this.counts.lease(request, now)));
  }

  countInstances(): Promise<number> {
    return Promise.resolve(1);
  }
}
