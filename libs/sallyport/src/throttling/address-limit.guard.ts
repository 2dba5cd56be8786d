import type { IncomingMessage } from 'node:http';
import {
  Inject,
  Injectable,
  Logger,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Clock } from '../clock.js';
import { addressBlock } from '../network/address.js';
import {
  rawRequest,
  type AdapterRequest,
  type AdapterResponse,
} from '../request/adapter-request.js';
import { RequestOrigin } from '../request/request-origin.js';
import { RouteAccess } from '../request/route-access.js';
import { LocalRateLimits } from './local-rate-limits.js';
import { overLimit } from './over-limit.js';
import { setRateLimitHeaders } from './rate-limit-headers.js';
import { THROTTLING_OPTIONS, type ResolvedThrottlingOptions } from './throttling.options.js';

/** Requests that were counted: a guard that is bound twice still counts once. */
const counted = new WeakSet<IncomingMessage>();

/**
 * Limits what one address may send, before any credential is looked at, so that guessing costs. Counts in this
 * process alone: a flood neither waits for Redis nor reaches it. Not switched off by `@SkipThrottle()`.
 */
@Injectable()
export class AddressLimitGuard implements CanActivate {
  private readonly logger = new Logger('Sallyport');
  private readonly counts = new LocalRateLimits();

  constructor(
    private readonly origin: RequestOrigin,
    private readonly access: RouteAccess,
    private readonly clock: Clock,
    @Inject(THROTTLING_OPTIONS) private readonly options: ResolvedThrottlingOptions,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const rule = this.options.address;
    if (rule === null || context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<AdapterRequest>();
    const raw = rawRequest(request);
    if (counted.has(raw)) return true;
    counted.add(raw);

    const block = addressBlock(this.origin.addressOf(request));
    const demand = { ...rule, policy: 'address', group: 'address', tracker: block };
    const states = this.counts.consume([demand], this.clock.now());
    const refusal = overLimit(states, `address ${block}`);
    if (refusal === null) return true;
    if (this.access.isReportOnly(context)) {
      this.logger.warn(`would refuse: ${refusal.message}`);
      return true;
    }
    setRateLimitHeaders(context.switchToHttp().getResponse<AdapterResponse>(), states);
    throw refusal;
  }
}
