import type { RateLimitState } from '../rate-limit.js';
import { EPSILON, type Limit } from './limit.js';

/** Where a limit stands after the decision. */
export interface Standing {
  /** What is taken of its capacity, in requests. */
  readonly level: number;
  /** Milliseconds to the end of a quota's period; 0 for others. */
  readonly toPeriodEndMs: number;
  readonly allowed: boolean;
}

/** Requests that run at once end at any moment: asking again after a second is polite. */
const CONCURRENCY_WAIT_MS = 1000;

export const roomIn = (limit: Limit, level: number): number =>
  Math.max(0, Math.floor(limit.capacity - level + EPSILON));

/** Milliseconds until `cost` more would fit. */
export function waitFor(limit: Limit, { level, toPeriodEndMs }: Standing, cost: number): number {
  const missing = level + cost - limit.capacity;
  if (missing <= EPSILON) return 0;
  if (limit.kind === 'rate') return missing * limit.intervalMs;
  return limit.kind === 'quota' ? toPeriodEndMs : CONCURRENCY_WAIT_MS;
}

export function stateOf(limit: Limit, standing: Standing): RateLimitState {
  const wait = waitFor(limit, standing, limit.cost);
  const whole = limit.kind === 'rate' ? standing.level * limit.intervalMs : standing.toPeriodEndMs;
  return {
    policy: limit.policy,
    limit: limit.limit,
    windowSeconds: limit.windowSeconds,
    remaining: roomIn(limit, standing.level),
    resetSeconds: wholeSeconds(Math.max(whole, standing.allowed ? 0 : wait)),
    allowed: standing.allowed,
    retryAfterSeconds: wholeSeconds(wait),
  };
}

/** Rounded up, but for the noise of fractions. */
export const wholeSeconds = (milliseconds: number): number =>
  Math.ceil(Math.round(milliseconds * 1000) / 1_000_000);
