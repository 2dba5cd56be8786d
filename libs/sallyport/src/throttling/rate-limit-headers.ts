import type { AdapterResponse } from '../request/adapter-request.js';
import type { RateLimitState } from './rate-limit.js';

/**
 * Tells the caller its quotas: `RateLimit-Policy` and `RateLimit` as lists of structured fields, one item per
 * policy (draft-ietf-httpapi-ratelimit-headers-10 §3 and §4).
 */
export function setRateLimitHeaders(
  response: AdapterResponse,
  states: readonly RateLimitState[],
): void {
  if (states.length === 0) return;
  response.header(
    'RateLimit-Policy',
    states.map((s) => `"${s.policy}";q=${s.limit};w=${Math.ceil(s.windowSeconds)}`).join(', '),
  );
  response.header(
    'RateLimit',
    states.map((s) => `"${s.policy}";r=${s.remaining};t=${s.resetSeconds}`).join(', '),
  );
}
