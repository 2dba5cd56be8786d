import type { RateLimitDemand, RateLimitState } from './rate-limit.js';

/** Port: where requests are counted, by the rules of `sliding-window.ts`. */
export abstract class RateLimitStore {
  /**
   * Spends one request from every demand, or from none if any of them refuses: one atomic call, exact whoever
   * else counts at the same time. All demands share one `group` and no two share policy and tracker.
   * States come in the order of the demands. Throws ERR_STORE_UNAVAILABLE when the counts are out of reach.
   */
  abstract consume(demands: readonly RateLimitDemand[]): Promise<readonly RateLimitState[]>;
}
