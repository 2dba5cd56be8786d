import { SetMetadata } from '@nestjs/common';
import type { LimitPolicy } from './limit-policy.js';

export const RATE_LIMIT = 'sallyport:rate-limit';

/** What a route says of its limits. Either `policy` names one of `throttling.policies`, or `limit` is given here. */
export type RouteRateLimit = Partial<LimitPolicy> & {
  /** A name of `throttling.policies`, whose count all routes that name it share; or the name of the limit given here. */
  readonly policy?: string;
};

/**
 * Limits this route besides the quotas of its caller: by a policy of the options, or by a limit of its own, which
 * counts for each `by`. `cost` is what one request takes of that and of every quota; `mode: 'exact'` asks the store on
 * every request; with `policy: 'address'` it does so for the limit of the sender's address. A method's replaces its
 * class's.
 */
export const RateLimit = (limit: RouteRateLimit): MethodDecorator & ClassDecorator =>
  SetMetadata(RATE_LIMIT, limit);
