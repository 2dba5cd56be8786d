import type { Limit } from './counting/limit.js';
import type { LimitDemand, RateLimitState } from './rate-limit.js';

/** What an instance asks for in advance, tells that it still has, or gives back. Whole requests. */
export interface LeaseRequest {
  readonly limit: Limit;
  /** Names the instance. */
  readonly holder: string;
  /** What it still has of what it took and goes on holding. */
  readonly held: number;
  /** What waits for it now. */
  readonly need: number;
  /** What it would like to have in advance beyond that: gets no more than half of what is left. */
  readonly want: number;
  /** What it took and returns. */
  readonly giveBack: number;
  readonly lifeSeconds: number;
}

export interface LeaseGrant {
  readonly granted: number;
  /** What is taken of the limit by now, held in advance or spent; a fraction of a request may be on its way back. */
  readonly level: number;
  /** Milliseconds to the end of a quota's period; 0 for others. */
  readonly toPeriodEndMs: number;
  /** Milliseconds for which what is held may be spent: no longer than its period lasts. */
  readonly lifeMs: number;
}

/** Port: where requests are counted, by the rules of `counting/count.ts` and by one clock. */
export abstract class RateLimitStore {
  /**
   * Spends every demand, or none if any of them refuses: atomic, exact whoever else counts at the same time. No two
   * share group, policy and tracker, and none counts what is under way. States come in the order of the demands.
   * Where groups are apart (Redis Cluster), those that were spent are given back when another refuses.
   * Throws ERR_STORE_UNAVAILABLE when the counts are out of reach.
   */
  abstract consume(demands: readonly (LimitDemand | Limit)[]): Promise<readonly RateLimitState[]>;

  /** Each for itself, in the order of the requests; atomic each. Throws ERR_STORE_UNAVAILABLE. */
  abstract lease(requests: readonly LeaseRequest[]): Promise<readonly LeaseGrant[]>;

  /** Says that this instance lives, for that long, and tells how many do. Throws ERR_STORE_UNAVAILABLE. */
  abstract countInstances(instance: string, lifeSeconds: number): Promise<number>;
}
