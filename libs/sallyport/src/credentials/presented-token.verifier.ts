import { Injectable } from '@nestjs/common';
import { SallyportError } from '../errors.js';
import type { AdapterRequest } from '../request/adapter-request.js';
import { normalTargetUri } from '../request/target-uri.js';
import { RevocationChecker } from '../revocation/check/revocation.checker.js';
import { AccessTokenVerifier } from './bearer/access-token.verifier.js';
import { extractCredentials } from './extract-credentials.js';
import { ProofOfPossession } from './proof-of-possession.js';
import type { VerifiedAccessToken } from './verified-access-token.js';

/** Verifies the one access token of a request that is for no route of the host's: the userinfo endpoint's. */
@Injectable()
export class PresentedTokenVerifier {
  constructor(
    private readonly accessTokens: AccessTokenVerifier,
    private readonly possession: ProofOfPossession,
    private readonly revocations: RevocationChecker,
  ) {}

  /**
   * `targetUri` is what such requests are sent to. Not checked here: whether client and user are still enabled.
   *
   * @throws ERR_CREDENTIAL_MISSING, ERR_CREDENTIAL_UNSUPPORTED (something beside an access token), and what a guarded
   * route would refuse the token with
   */
  async verify(request: AdapterRequest, targetUri: string): Promise<VerifiedAccessToken> {
    const [credential, another] = extractCredentials(request, { basic: false });
    if (credential === undefined) throw new SallyportError('ERR_CREDENTIAL_MISSING');
    const isToken = credential.kind === 'access-token' || credential.kind === 'dpop-access-token';
    if (!isToken || another !== undefined) throw new SallyportError('ERR_CREDENTIAL_UNSUPPORTED');
    const token = await this.accessTokens.verify(credential.text);
    const target = normalTargetUri(targetUri);
    await this.possession.assertProven(token.confirmation, credential, request, target);
    await this.revocations.assertNotRevoked([{ revocation: this.revocations.checkOf({ token }) }]);
    return token;
  }
}
