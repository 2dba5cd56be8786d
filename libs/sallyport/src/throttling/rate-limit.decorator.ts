import { Throttle } from '@nestjs/throttler';
import type { RateLimitRule } from './rate-limit.js';

/**
 * Limits this route for each user (each API key, or each client, where no user acts; each address where the
 * route is public), besides the quotas of the client. The same as `@Throttle({ default: … })`, in seconds.
 */
export const RateLimit = (rule: RateLimitRule): MethodDecorator & ClassDecorator =>
  Throttle({ default: { limit: rule.limit, ttl: rule.windowSeconds * 1000 } });
