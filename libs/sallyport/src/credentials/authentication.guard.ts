import { Injectable, Logger, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { SallyportError } from '../errors.js';
import { isPromise } from '../maybe-promise.js';
import type { Caller } from '../principals/caller.js';
import { CallerContext } from '../principals/caller-context.js';
import type { SecuredRequest } from '../principals/secured-request.js';
import { requestOf, responseOf } from '../request/adapter-request.js';
import { RouteAccess } from '../request/route-access.js';
import { Authenticator } from './authenticator.js';
import { OfferNonce } from './dpop/offer-nonce.js';

/** Records who is calling. Bound twice, it verifies once: the authenticator knows the requests that it has seen. */
@Injectable()
export class AuthenticationGuard implements CanActivate {
  private readonly logger = new Logger('Sallyport');

  constructor(
    private readonly routes: RouteAccess,
    private readonly authenticator: Authenticator,
    private readonly nonces: OfferNonce,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const request = requestOf<SecuredRequest>(context);
    // Whatever wrote it there before, a middleware of the host perhaps, it is not our word.
    request.caller = undefined;
    const { isPublic, revocation, signature } = this.routes.of(context);
    if (isPublic) return true;
    try {
      const caller = this.authenticator.authenticate(request, revocation, signature);
      if (isPromise(caller)) return this.admitLater(caller, request, context);
      return this.admit(caller, request, context);
    } catch (error) {
      return this.report(error, context);
    }
  }

  private async admitLater(
    caller: Promise<Caller>,
    request: SecuredRequest,
    context: ExecutionContext,
  ): Promise<boolean> {
    try {
      return this.admit(await caller, request, context);
    } catch (error) {
      return this.report(error, context);
    }
  }

  private admit(caller: Caller, request: SecuredRequest, context: ExecutionContext): true {
    request.caller = caller;
    CallerContext.fill(caller);
    const { confirmation } = caller;
    if (confirmation !== null) this.nonces.offer(confirmation, responseOf(context));
    return true;
  }

  /** An unverified credential gives no caller: the handler runs as it did before Sallyport. */
  private report(error: unknown, context: ExecutionContext): true {
    if (!(error instanceof SallyportError) || !this.routes.of(context).isReportOnly) throw error;
    const route = `${context.getClass().name}.${context.getHandler().name}`;
    this.logger.warn(`would refuse ${route}: ${error.code}, ${error.message}`);
    return true;
  }
}
