import {
  Injectable,
  Logger,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { SallyportError } from '../../errors.js';
import type { SecuredRequest } from '../../principals/secured-request.js';
import { requestOf } from '../../request/adapter-request.js';
import { CredentialWatch } from '../../request/credential-watch.js';
import { RequestOrigin } from '../../request/request-origin.js';
import { RouteAccess } from '../../request/route-access.js';
import { extractSecretProof } from './extract-secret-proof.js';
import { SecretProofVerifier } from './secret-proof.verifier.js';

/** Runs after the pipeline, which has found out who calls. */
@Injectable()
export class AppSecretProofGuard implements CanActivate {
  private readonly logger = new Logger('Sallyport');

  constructor(
    private readonly proofs: SecretProofVerifier,
    private readonly origin: RequestOrigin,
    private readonly routes: RouteAccess,
    private readonly watch: CredentialWatch,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = requestOf<SecuredRequest>(context);
    try {
      const { caller } = request;
      if (caller === undefined) throw new SallyportError('ERR_CREDENTIAL_MISSING');
      const proof = extractSecretProof(request);
      await this.proofs.verify(proof, caller.client.clientId, this.origin.addressOf(request));
    } catch (error) {
      if (!(error instanceof SallyportError)) throw error;
      this.watch.failed(request, error);
      if (!this.routes.of(context).isReportOnly) throw error;
      this.logger.warn(`would refuse ${context.getHandler().name}: ${error.code}`);
    }
    return true;
  }
}

/**
 * Demands, beside an access token, `X-App-Secret-Proof: <API key id>.<hex>`: the HMAC-SHA256 of the token's text under the
 * signing secret of an API key of the same client. A token that was stolen alone is then worth nothing here. For clients
 * that cannot sign requests: it may be repeated, and covers neither target nor body.
 */
export const AppSecretProof = (): MethodDecorator & ClassDecorator =>
  UseGuards(AppSecretProofGuard);
