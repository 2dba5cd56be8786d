export { days, hours, minutes, seconds, SkipThrottle, Throttle, weeks } from '@nestjs/throttler';
export { AddressLimitGuard } from './address-limit.guard.js';
export { ClientQuotaGuard } from './client-quota.guard.js';
export { CalendarPeriod } from './counting/calendar-period.js';
export { Limit } from './counting/limit.js';
export type { LimitPolicy, LimitSubject } from './limit-policy.js';
export { MemoryThrottlerStorage } from './memory-throttler.storage.js';
export type { Plan, PlanChange, PlanKind } from './plans/plan.js';
export { PlanBook } from './plans/plan-book.js';
export { PlanService } from './plans/plan.service.js';
export { PlanStore } from './plans/plan.store.js';
export type { Quota, QuotaOptions } from './quota.js';
export type {
  ConcurrencyDemand,
  LimitDemand,
  LimitFailMode,
  LimitMode,
  QuotaDemand,
  RateLimitDemand,
  RateLimitRule,
  RateLimitState,
} from './rate-limit.js';
export { RateLimit, type RouteRateLimit } from './rate-limit.decorator.js';
export { RateLimitStore, type LeaseGrant, type LeaseRequest } from './rate-limit.store.js';
export { RateLimiter } from './rate-limiter.js';
export type { ThrottlingOptions } from './throttling.options.js';
