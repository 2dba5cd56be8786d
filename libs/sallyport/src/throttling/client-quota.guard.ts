import type { IncomingMessage } from 'node:http';
import { Injectable, Logger, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { SecuredRequest } from '../principals/secured-request.js';
import { rawRequest, type AdapterResponse } from '../request/adapter-request.js';
import { RouteAccess } from '../request/route-access.js';
import { overLimit } from './over-limit.js';
import { QuotaDemands } from './quota-demands.js';
import { setRateLimitHeaders } from './rate-limit-headers.js';
import { RateLimiter } from './rate-limiter.js';

/** Requests that were counted: a guard that is bound twice still counts once. */
const counted = new WeakSet<IncomingMessage>();

/**
 * Spends the quotas of whoever was let in, all of them in one call: client, API key, user, and what the route
 * says of its own. Runs after authorization, so that only allowed requests spend.
 */
@Injectable()
export class ClientQuotaGuard implements CanActivate {
  private readonly logger = new Logger('Sallyport');

  constructor(
    private readonly demands: QuotaDemands,
    private readonly limiter: RateLimiter,
    private readonly access: RouteAccess,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const http = context.switchToHttp();
    const request = http.getRequest<SecuredRequest>();
    const raw = rawRequest(request);
    if (counted.has(raw)) return true;
    counted.add(raw);

    const states = await this.limiter.consume(await this.demands.of(context));
    const client = request.caller?.client.clientId;
    const refusal = overLimit(states, client === undefined ? 'an address' : `client ${client}`);
    if (refusal !== null && this.access.isReportOnly(context)) {
      this.logger.warn(`would refuse: ${refusal.message}`);
      return true;
    }
    setRateLimitHeaders(http.getResponse<AdapterResponse>(), states);
    if (refusal !== null) throw refusal;
    return true;
  }
}
