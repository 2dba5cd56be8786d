import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  Inject,
  Injectable,
  Logger,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { Observable } from 'rxjs';
import type { EncryptionDemand } from '../../encryption/encryption-demand.js';
import { acceptsJose, isJose } from '../../encryption/media-types.js';
import { SallyportError } from '../../errors.js';
import type { SecuredRequest } from '../../principals/secured-request.js';
import { rawRequest, requestOf, responseOf } from '../../request/adapter-request.js';
import { holdResponse } from '../../request/held-response.js';
import { REQUEST_OPTIONS, type ResolvedRequestOptions } from '../../request/request.options.js';
import { RouteAccess } from '../../request/route-access.js';
import { BodyKeys } from './body-keys.js';
import { encryptWith } from './encrypt-response.js';
import { OpenBody } from './open-body.js';

type Request = SecuredRequest & { body?: unknown };
/** Fastify's reply carries the response that Express hands over. */
type Response = ServerResponse & { readonly raw?: ServerResponse };

/** An answer is made whole, and once: neither in parts, nor compressed, nor left out because it is known. */
const ASKS_FOR_LESS = ['accept-encoding', 'range', 'if-range', 'if-none-match'];

/** Behind the guards, before pipes and handler: they see what was in the body. */
@Injectable()
export class EncryptedBodyInterceptor implements NestInterceptor {
  private readonly logger = new Logger('Sallyport');

  constructor(
    private readonly routes: RouteAccess,
    private readonly body: OpenBody,
    private readonly keys: BodyKeys,
    @Inject(REQUEST_OPTIONS) private readonly options: ResolvedRequestOptions,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const { encryption, isReportOnly } = this.routes.of(context);
    if (encryption === null) return next.handle();
    const request = requestOf<Request>(context);
    const raw = rawRequest(request);
    try {
      await this.exchange(request, raw, responseOf<Response>(context), encryption);
    } catch (error) {
      // A body that nobody can read cannot be let through.
      if (!isReportOnly || !(error instanceof SallyportError) || isEncrypted(raw)) throw error;
      this.logger.warn(`would refuse ${context.getHandler().name}: ${error.code}`);
    }
    return next.handle();
  }

  /** Nothing was done yet when it is refused; from then on every answer is encrypted, refusals too. */
  private async exchange(
    request: Request,
    raw: IncomingMessage,
    response: Response,
    demand: EncryptionDemand,
  ): Promise<void> {
    const { caller } = request;
    if (caller === undefined) throw new SallyportError('ERR_CREDENTIAL_MISSING');
    if (demand.response && !acceptsJose(raw.headers.accept)) {
      throw new SallyportError('ERR_ENCRYPTION_NOT_ACCEPTED');
    }
    const opened = this.body.isToBe(raw, demand) ? await this.body.open(raw, caller) : null;
    if (demand.response) {
      const key = await this.keys.toAnswer(caller, opened?.jwe ?? null);
      for (const name of ASKS_FOR_LESS) Reflect.deleteProperty(raw.headers, name);
      const { maxSignedBodyBytes } = this.options;
      holdResponse(response.raw ?? response, maxSignedBodyBytes, 'encrypt', encryptWith(key));
    }
    if (opened !== null) request.body = opened.value;
  }
}

const isEncrypted = ({ headers }: IncomingMessage): boolean => isJose(headers['content-type']);
