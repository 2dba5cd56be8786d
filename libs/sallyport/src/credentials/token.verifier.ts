import { Injectable } from '@nestjs/common';
import { RevocationChecker } from '../revocation/revocation.checker.js';
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
   * @throws ERR_TOKEN_INVALID, ERR_CREDENTIAL_EXPIRED, ERR_CREDENTIAL_REVOKED, ERR_CREDENTIAL_STALE,
   * ERR_CREDENTIAL_MALFORMED, ERR_KEYS_UNAVAILABLE, ERR_STORE_UNAVAILABLE
   */
  async verify(text: string): Promise<VerifiedAccessToken> {
    const token = await this.accessTokens.verify(text);
    await this.revocations.assertNotRevoked({ tokens: [token] });
    return token;
  }
}
