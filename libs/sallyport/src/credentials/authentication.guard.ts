import { Injectable, Logger, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { SallyportError } from '../errors.js';
import { CallerContext } from '../principals/caller-context.js';
import type { SecuredRequest } from '../principals/secured-request.js';
import { RouteAccess } from '../request/route-access.js';
import { Authenticator } from './authenticator.js';

/** Records who is calling. Bound twice, it verifies once: the authenticator knows the requests that it has seen. */
@Injectable()
export class AuthenticationGuard implements CanActivate {
  private readonly logger = new Logger('Sallyport');

  constructor(
    private readonly routes: RouteAccess,
    private readonly authenticator: Authenticator,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<SecuredRequest>();
    // Whatever wrote it there before, a middleware of the host perhaps, it is not our word.
    delete request.caller;
    if (this.routes.isPublic(context)) return true;
    try {
      request.caller = await this.authenticator.authenticate(request);
      CallerContext.fill(request.caller);
    } catch (error) {
      if (!(error instanceof SallyportError) || !this.routes.isReportOnly(context)) throw error;
      // An unverified credential gives no caller: the handler runs as it did before Sallyport.
      const route = `${context.getClass().name}.${context.getHandler().name}`;
      this.logger.warn(`would refuse ${route}: ${error.code}, ${error.message}`);
    }
    return true;
  }
}
