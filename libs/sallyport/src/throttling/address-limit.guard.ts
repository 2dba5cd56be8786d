import {
  Inject,
  Injectable,
  Logger,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { SallyportError } from '../errors.js';
import { addressBlock } from '../network/address.js';
import { rawRequest, requestOf, responseOf } from '../request/adapter-request.js';
import { RequestOrigin } from '../request/request-origin.js';
import { RouteAccess } from '../request/route-access.js';
import { BLOCK, type AddressedRequest } from './addresses/addressed-request.js';
import { BlockLimit } from './addresses/block-limit.js';
import { FailedAuthentication } from './addresses/failed-authentication.js';
import { overLimit } from './answer/over-limit.js';
import { showLimits } from './answer/rate-limit-headers.js';
import { RouteLimitBook } from './demands/route-limit-book.js';
import { InstanceCensus } from './instance-census.js';
import type { RateLimitState } from './rate-limit.js';
import { RequestLimits } from './request-limits.js';
import { THROTTLING_OPTIONS, type ResolvedThrottlingOptions } from './throttling.options.js';

/**
 * Limits what one address may send, and refuses one of ill repute or whose credentials failed too often, before any credential is looked
 * at, so that guessing costs. Goes on at once while this instance's part of the limit lasts. Not switched off by `@SkipThrottle()`.
 */
@Injectable()
export class AddressLimitGuard implements CanActivate {
  private readonly logger = new Logger('Sallyport');
  private readonly limit: BlockLimit | null;

  constructor(
    private readonly origin: RequestOrigin,
    private readonly access: RouteAccess,
    private readonly routes: RouteLimitBook,
    private readonly limits: RequestLimits,
    private readonly failures: FailedAuthentication,
    census: InstanceCensus,
    @Inject(THROTTLING_OPTIONS) private readonly options: ResolvedThrottlingOptions,
  ) {
    const { address } = options;
    this.limit = address === null ? null : new BlockLimit('address', address, { limits, census });
  }

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const request = requestOf(context);
    const raw: AddressedRequest = rawRequest(request);
    // Bound twice, it still counts once.
    if (raw[BLOCK] !== undefined) return true;
    const address = this.origin.addressOf(request);
    const block = addressBlock(address, this.options.ipv6PrefixLength);
    raw[BLOCK] = block;
    if (this.options.refusesAddress?.(address) === true) {
      const reason = `address ${address} is refused by the app's own word`;
      return this.stop(context, new SallyportError('ERR_ADDRESS_REFUSED', { reason }));
    }
    const now = this.limits.now();
    const failed = this.failures.refusalOf(block, now);
    if (failed !== null) return this.refuse(context, block, failed);
    if (this.limit === null) return true;
    const refusal = this.routes.of(context).isAddressExact
      ? this.limit.spendExactly(block)
      : this.limit.spend(block, now);
    if (refusal === null) return true;
    return refusal instanceof Promise
      ? refusal.then((state) => state === null || this.refuse(context, block, state))
      : this.refuse(context, block, refusal);
  }

  private refuse(context: ExecutionContext, block: string, state: RateLimitState): boolean {
    const refusal = overLimit([state], `address ${block}`);
    if (refusal === null) return true;
    if (!this.access.of(context).isReportOnly) {
      const { policy, limit, windowSeconds } = state;
      const policyHeader = `"${policy}";q=${limit};w=${Math.ceil(windowSeconds)}`;
      showLimits(responseOf(context), policyHeader, { shown: this.options, states: [state] });
    }
    return this.stop(context, refusal);
  }

  /** Throws, or says what it would have thrown. */
  private stop(context: ExecutionContext, refusal: SallyportError): boolean {
    if (!this.access.of(context).isReportOnly) throw refusal;
    this.logger.warn(`would refuse: ${refusal.message}`);
    return true;
  }
}
