import {
  Inject,
  Injectable,
  Logger,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { SallyportError } from '../errors.js';
import { RequestOrigin } from './request-origin.js';
import { REQUEST_OPTIONS, type ResolvedRequestOptions } from './request.options.js';
import { requestOf, responseOf } from './adapter-request.js';
import { RouteAccess } from './route-access.js';

/** Lets no credential travel in the clear: plain http from beyond loopback is refused outside development. */
@Injectable()
export class TransportGuard implements CanActivate {
  private readonly logger = new Logger('Sallyport');
  private readonly hsts: string | null;

  constructor(
    private readonly origin: RequestOrigin,
    private readonly access: RouteAccess,
    @Inject(REQUEST_OPTIONS) private readonly options: ResolvedRequestOptions,
  ) {
    this.hsts = options.hstsSeconds === 0 ? null : `max-age=${options.hstsSeconds}`;
  }

  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') {
      // Nest runs global guards for sockets and message queues too; nothing here can read who calls there.
      throw new SallyportError('ERR_POLICY_DENIED', {
        reason: `Sallyport does not protect ${context.getType()} handlers yet: they stay closed`,
      });
    }
    const request = requestOf(context);
    if (this.origin.isSecure(request)) {
      // RFC 6797 §7.2: only over a secure transport.
      if (this.hsts !== null) {
        responseOf(context).header('Strict-Transport-Security', this.hsts);
      }
      return true;
    }
    if (!this.options.requiresHttps || this.origin.isLocal(request)) return true;
    const refusal = new SallyportError('ERR_HTTPS_REQUIRED', {
      reason: `plain http from ${this.origin.addressOf(request)}`,
      detail: 'Use https. A credential sent in the clear should be rotated.',
    });
    if (!this.access.of(context).isReportOnly) throw refusal;
    this.logger.warn(`would refuse: ${refusal.code}, ${refusal.message}`);
    return true;
  }
}
