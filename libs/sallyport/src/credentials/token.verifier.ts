import { Injectable } from '@nestjs/common';
import { SallyportError } from '../errors.js';
import { RevocationChecker } from '../revocation/check/revocation.checker.js';
import { AccessTokenVerifier } from './bearer/access-token.verifier.js';
import type { VerifiedAccessToken } from './verified-access-token.js';

/**
 * Verifies an access token outside a request: in a job, a socket handshake, another guard. Not checked here:
 * whether client and user are still enabled, and what scope is left to them.
 */
@Injectable()
export class TokenVerifier {
  constructor(
    private readonly accessTokens: AccessTokenVerifier,
    private readonly revocations: RevocationChecker,
  ) {}

  /**
   * A token that is bound to a key is refused: there is no request that could prove the key.
   *
   * @throws ERR_TOKEN_INVALID, ERR_TOKEN_BOUND, ERR_CREDENTIAL_EXPIRED, ERR_CREDENTIAL_REVOKED, ERR_CREDENTIAL_STALE,
   * ERR_CREDENTIAL_MALFORMED, ERR_KEYS_UNAVAILABLE, ERR_STORE_UNAVAILABLE
   */
  async verify(text: string): Promise<VerifiedAccessToken> {
    const token = await this.accessTokens.verify(text);
    if (token.confirmation !== null) {
      throw new SallyportError('ERR_TOKEN_BOUND', {
        reason: 'access token bound to a key, without a request',
      });
    }
    await this.revocations.assertNotRevoked([{ revocation: this.revocations.checkOf({ token }) }]);
    return token;
  }
}
