import { SallyportError } from '../errors.js';
import type { RateLimitState } from './rate-limit.js';

/** The refusal if any limit is spent; it waits for the slowest of them. */
export function overLimit(states: readonly RateLimitState[], who: string): SallyportError | null {
  const refusing = states.filter((state) => !state.allowed);
  if (refusing.length === 0) return null;
  const retryAfterSeconds = Math.max(...refusing.map((state) => state.retryAfterSeconds));
  return new SallyportError('ERR_RATE_LIMITED', {
    retryAfterSeconds,
    reason: `${who} is over its limit: ${refusing.map((state) => state.policy).join(', ')}`,
    detail: `Wait ${retryAfterSeconds} s before the next request.`,
  });
}
