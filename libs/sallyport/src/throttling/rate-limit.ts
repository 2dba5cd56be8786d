import type { CalendarPeriod } from './counting/calendar-period.js';

/** So many requests in a window, as a rate: what was spent comes back evenly, and `burst` may come at once (GCRA). */
export interface RateLimitRule {
  /** Requests per window; 0 refuses everything. */
  readonly limit: number;
  /** Seconds in which `limit` requests come back. */
  readonly windowSeconds: number;
  /** How many may come at once. @default limit */
  readonly burst?: number;
}

/** How a limit is counted: `leased` spends tokens that this instance took in advance, `exact` asks on every request. */
export type LimitMode = 'leased' | 'exact';

/** What holds while the store that counts is away: this instance's share of the limit, or nobody is let through. */
export type LimitFailMode = 'local' | 'closed';

/** What is counted for whom. */
interface Counted {
  /** What is shown in `RateLimit-Policy`: `client`, `api-key`, `user`, or a name of the app's own. */
  readonly policy: string;
  /** Limits of one group share a Cluster slot: one call serves them. */
  readonly group: string;
  readonly tracker: string;
  readonly limit: number;
  /** What one request takes, in whole requests. @default 1 */
  readonly cost?: number;
}

/** A rate to be spent by one request. */
export interface RateLimitDemand extends RateLimitRule, Counted {
  readonly kind?: 'rate';
  /** Seconds for which a tracker that went over is refused outright. @default 0 */
  readonly blockSeconds?: number;
  /** @default 'local' */
  readonly failMode?: LimitFailMode;
}

/** So many requests in a day or a month of the calendar. */
export interface QuotaDemand extends Counted {
  readonly kind: 'quota';
  readonly period: CalendarPeriod;
}

/** So many requests under way at once; leased only. */
export interface ConcurrencyDemand extends Counted {
  readonly kind: 'concurrency';
}

export type LimitDemand = RateLimitDemand | QuotaDemand | ConcurrencyDemand;

export interface RateLimitState {
  readonly policy: string;
  readonly limit: number;
  /** Length of the window or period; 0 where requests under way are counted. */
  readonly windowSeconds: number;
  /** Requests left after this one, if they all came now. */
  readonly remaining: number;
  /** Whole seconds until all of it is back, if no other request comes. */
  readonly resetSeconds: number;
  readonly allowed: boolean;
  /** Whole seconds after which one more such request would be allowed if no other comes; 0 when one is now. */
  readonly retryAfterSeconds: number;
}
