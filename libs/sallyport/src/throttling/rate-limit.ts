/** So many requests in a sliding window. */
export interface RateLimitRule {
  /** Requests per window; 0 refuses everything. */
  readonly limit: number;
  readonly windowSeconds: number;
}

/** One limit to be spent by one request. */
export interface RateLimitDemand extends RateLimitRule {
  /** What is shown in `RateLimit-Policy`: `client`, `api-key`, `user`, or a throttler's name. */
  readonly policy: string;
  /** Whom it counts for. All demands of one request share `group`, so that one call on one Cluster slot serves them. */
  readonly group: string;
  readonly tracker: string;
  /** Seconds for which a tracker that went over is refused outright. @default 0 */
  readonly blockSeconds?: number;
}

export interface RateLimitState {
  readonly policy: string;
  readonly limit: number;
  readonly windowSeconds: number;
  /** Requests left after this one, at whatever pace they come before `resetSeconds` have passed. */
  readonly remaining: number;
  /** Whole seconds until the window ends, from where on its requests begin to fade (or until the block ends). */
  readonly resetSeconds: number;
  readonly allowed: boolean;
  /** Whole seconds after which one more request would be allowed if no other comes; 0 when one is now. */
  readonly retryAfterSeconds: number;
}
