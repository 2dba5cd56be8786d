import type { ServerResponse } from 'node:http';
import {
  Injectable,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { Observable } from 'rxjs';
import type { SecuredRequest } from '../../principals/secured-request.js';
import { requestOf, responseOf } from '../../request/adapter-request.js';
import { holdResponse } from '../../request/held-response.js';
import { RouteAccess } from '../../request/route-access.js';
import { USUAL_DEMAND } from '../../signatures/signature-demand.js';
import { ResponseSigner } from './response-signer.js';

/** Fastify's reply carries the response that Express hands over. */
type Response = ServerResponse & { readonly raw?: ServerResponse };

@Injectable()
export class SignedResponseInterceptor implements NestInterceptor {
  constructor(
    private readonly signer: ResponseSigner,
    private readonly routes: RouteAccess,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = requestOf<SecuredRequest>(context);
    const response = responseOf<Response>(context);
    const { signature } = this.routes.of(context);
    const finish = await this.signer.finish(request, request.caller, signature ?? USUAL_DEMAND);
    holdResponse(response.raw ?? response, this.signer.maxBytes, 'sign', finish);
    return next.handle();
  }
}

/**
 * Signs the response (RFC 9421) with its status, type and content (RFC 9530), bound to the request that it answers: by
 * the secret of the API key that signed the request, else by our current signing key, whose `kid` is in the JWK set.
 * What a guard refuses is not signed. Streams are held back until they end.
 */
export const SignedResponse = (): MethodDecorator & ClassDecorator =>
  UseInterceptors(SignedResponseInterceptor);
