import { createHmac, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ApiKeyDirectory } from '../../api-keys/api-key.directory.js';
import { SigningSecrets } from '../../api-keys/signing-secret.js';
import { VerifyApiKey } from '../../api-keys/verify-api-key.js';
import { SallyportError, type ErrorCode } from '../../errors.js';
import { RevocationChecker } from '../../revocation/check/revocation.checker.js';
import type { SecretProof } from './extract-secret-proof.js';

/** Believes that who shows an access token knows a secret of the client, too. */
@Injectable()
export class SecretProofVerifier {
  constructor(
    private readonly apiKeys: ApiKeyDirectory,
    private readonly secrets: SigningSecrets,
    private readonly verifyApiKey: VerifyApiKey,
    private readonly revocations: RevocationChecker,
  ) {}

  /**
   * That the proof is of this very token, by a key of `clientId` that may be used now and from `address`. Of the request
   * it proves nothing else: it may be repeated with the token.
   *
   * @throws ERR_SIGNATURE_INVALID; what the API key is refused with
   */
  async verify(
    { keyid, proof, token }: SecretProof,
    clientId: string,
    address: string,
  ): Promise<void> {
    const key = await this.apiKeys.find(keyid);
    const secret = key === null ? null : this.secrets.of(key);
    // A personal key is its user's: it proves nothing of the app.
    if (key?.clientId !== clientId || key.user !== null || secret === null) {
      throw refusal('ERR_SIGNATURE_INVALID', `client ${clientId} has no such secret`);
    }
    const right = createHmac('sha256', secret).update(token).digest();
    if (!timingSafeEqual(right, Buffer.from(proof, 'hex'))) {
      throw refusal('ERR_SIGNATURE_INVALID', `API key ${key.id}: a proof of another token`);
    }
    this.verifyApiKey.assertUsable(key, address);
    await this.revocations.assertNotRevoked([
      { revocation: this.revocations.checkOf({ apiKey: key }) },
    ]);
  }
}

const refusal = (code: ErrorCode, reason: string) => new SallyportError(code, { reason });
