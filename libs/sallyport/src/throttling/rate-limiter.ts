import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { Clock } from '../clock.js';
import { SallyportError } from '../errors.js';
import { Limit } from './counting/limit.js';
import { LocalCounts } from './counting/local-counts.js';
import { RateLimitStore, type LeaseGrant, type LeaseRequest } from './rate-limit.store.js';
import type { LimitDemand, RateLimitState } from './rate-limit.js';
import { SteadyTime } from './counting/steady-time.js';
import { StoreOutage } from './store-outage.js';
import { InstanceCensus } from './instance-census.js';

/** While the store is away, what was given out here ends soon: the store's word counts again as soon as it can. */
const LOCAL_LIFE_SECONDS = 1;

/**
 * Counts in the store. While that is out of reach each instance goes on with its share of every limit (so all of them
 * together let through about once more what was spent before), logged and counted; limits that fail closed refuse.
 */
@Injectable()
export class RateLimiter {
  private readonly logger = new Logger('Sallyport');
  private readonly local = new LocalCounts();
  private readonly time = new SteadyTime();
  private readonly outage: StoreOutage;
  private decidedLocally = 0;

  constructor(
    private readonly store: RateLimitStore,
    private readonly clock: Clock,
    @Optional() @Inject(InstanceCensus) private readonly census: InstanceCensus | null = null,
  ) {
    this.outage = new StoreOutage(census?.jitter);
  }

  /** Questions that this process answered alone since it started, since the store was away. */
  get localDecisions(): number {
    return this.decidedLocally;
  }

  now(): number {
    return this.time.at(this.clock.milliseconds());
  }

  /**
   * Exact: spends every demand, or none if any of them refuses. In the order of the demands. Rejects with
   * ERR_STORE_UNAVAILABLE while the store is away if one of them fails closed.
   */
  consume(demands: readonly (LimitDemand | Limit)[]): Promise<readonly RateLimitState[]> {
    if (demands.length === 0) return Promise.resolve([]);
    return this.orLocally(
      () => this.store.consume(demands),
      (now) => {
        const limits = demands.map((demand) => Limit.of(demand));
        const closed = limits.find(({ failsClosed }) => failsClosed);
        if (closed !== undefined) throw cannotCount(closed);
        const shares = limits.map((limit) => limit.shareOf(this.instances));
        return this.local.consume(shares, now);
      },
    );
  }

  /** What instances hold in advance: see `RateLimitStore.lease`. */
  lease(requests: readonly LeaseRequest[]): Promise<readonly LeaseGrant[]> {
    return this.orLocally(
      () => this.store.lease(requests),
      (now) => requests.map((request) => this.leaseLocally(request, now)),
    );
  }

  private get instances(): number {
    return this.census?.instances ?? 1;
  }

  private async orLocally<T>(ask: () => Promise<T>, decide: (now: number) => T): Promise<T> {
    if (!this.outage.mayAsk(this.now())) return this.locally(decide);
    try {
      const answer = await ask();
      this.outage.ended();
      return answer;
    } catch (error) {
      if (!(error instanceof SallyportError && error.code === 'ERR_STORE_UNAVAILABLE')) throw error;
      if (this.outage.began(this.now())) {
        this.logger.warn(
          `rate limits are counted by this instance alone (${this.decidedLocally} so far): ${error.message}`,
        );
      }
      return this.locally(decide);
    }
  }

  private locally<T>(decide: (now: number) => T): T {
    const decision = decide(this.now());
    this.decidedLocally += 1;
    return decision;
  }

  private leaseLocally(request: LeaseRequest, now: number): LeaseGrant {
    const { limit } = request;
    const share = limit.shareOf(this.instances);
    const local = { ...request, limit: share, lifeSeconds: LOCAL_LIFE_SECONDS };
    const grant = this.local.lease(local, now);
    return { ...grant, level: grant.level + limit.capacity - share.capacity };
  }
}

const cannotCount = ({ policy }: Limit): SallyportError =>
  new SallyportError('ERR_STORE_UNAVAILABLE', {
    reason: `the limit "${policy}" cannot be counted, and fails closed`,
    retryAfterSeconds: 1,
  });
