import { SallyportError } from '../../errors.js';
import type { RateLimitState } from '../rate-limit.js';

/** The refusal if any limit is spent; it waits for the slowest of them, and names that one to the caller. */
export function overLimit(states: readonly RateLimitState[], who: string): SallyportError | null {
  const refusing = states.filter((state) => !state.allowed);
  const [slowest] = refusing.toSorted((a, b) => b.retryAfterSeconds - a.retryAfterSeconds);
  if (slowest === undefined) return null;
  const retryAfterSeconds = Math.max(1, slowest.retryAfterSeconds);
  return new SallyportError('ERR_RATE_LIMITED', {
    retryAfterSeconds,
    policy: slowest.policy,
    reason: `${who} is over its limit: ${refusing.map((state) => state.policy).join(', ')}`,
    detail: `Wait ${retryAfterSeconds} s before the next request.`,
  });
}
