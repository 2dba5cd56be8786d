import type { AdapterResponse } from '../../request/adapter-request.js';
import type { DemandSet } from '../demands/demand-set.js';
import type { RateLimitState } from '../rate-limit.js';

/** Which header fields tell the caller its limits. */
export interface ShownLimits {
  readonly headers: boolean;
  readonly legacyHeaders: boolean;
}

/**
 * Tells the caller its limits: `RateLimit-Policy` and `RateLimit` as lists of structured fields, one item per limit
 * (draft-ietf-httpapi-ratelimit-headers-10 §3 and §4). After a request that was spent from what this instance holds.
 */
export function showHeldLimits(
  response: AdapterResponse,
  set: DemandSet,
  { shown, now }: { readonly shown: ShownLimits; readonly now: number },
): void {
  if (shown.headers) {
    let text = '';
    for (const lease of set.leases) {
      if (lease === null) continue;
      if (text !== '') text += ', ';
      text += `"${lease.limit.policy}";r=${lease.remainingAt(now)}`;
      if (!lease.isConcurrency) text += `;t=${lease.resetSecondsAt(now)}`;
    }
    response.header('RateLimit-Policy', set.policyHeader);
    response.header('RateLimit', text);
  }
  if (shown.legacyHeaders) {
    showTightest(
      response,
      set.leased.flatMap((limit, at) => set.leases[at]?.stateAt(now, limit, true) ?? []),
    );
  }
}

/** The same after the store was asked. */
export function showLimits(
  response: AdapterResponse,
  policyHeader: string,
  { shown, states }: { readonly shown: ShownLimits; readonly states: readonly RateLimitState[] },
): void {
  if (states.length === 0) return;
  if (shown.headers) {
    response.header('RateLimit-Policy', policyHeader);
    response.header('RateLimit', states.map(item).join(', '));
  }
  if (shown.legacyHeaders) showTightest(response, states);
}

function item(state: RateLimitState): string {
  const { policy, remaining, windowSeconds, allowed } = state;
  // Nobody can say when requests under way will end.
  if (windowSeconds === 0) return `"${policy}";r=${remaining}`;
  // §5: Retry-After is not earlier than `t`, or clients would come back too soon.
  return `"${policy}";r=${remaining};t=${allowed ? state.resetSeconds : state.retryAfterSeconds}`;
}

/** The `X-RateLimit-*` of many APIs, which know one limit: the one that is nearest to its end. */
function showTightest(response: AdapterResponse, states: readonly RateLimitState[]): void {
  const [tightest] = states.toSorted((a, b) => a.remaining - b.remaining);
  if (tightest === undefined) return;
  response.header('X-RateLimit-Limit', String(tightest.limit));
  response.header('X-RateLimit-Remaining', String(tightest.remaining));
  response.header('X-RateLimit-Reset', String(tightest.resetSeconds));
}
