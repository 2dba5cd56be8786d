export { days, hours, minutes, seconds, SkipThrottle, Throttle, weeks } from '@nestjs/throttler';
export { AddressLimitGuard } from './address-limit.guard.js';
export { ClientQuotaGuard } from './client-quota.guard.js';
export { MemoryThrottlerStorage } from './memory-throttler.storage.js';
export type { RateLimitDemand, RateLimitRule, RateLimitState } from './rate-limit.js';
export { RateLimit } from './rate-limit.decorator.js';
export { RateLimitStore } from './rate-limit.store.js';
export { RateLimiter } from './rate-limiter.js';
export type { Quota, QuotaOptions, ThrottlingOptions } from './throttling.options.js';
