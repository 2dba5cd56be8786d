import { Injectable } from '@nestjs/common';
import { VerifyApiKey } from '../api-keys/verify-api-key.js';
import { ClientSecretService } from '../clients/client-secret.service.js';
import { SallyportError } from '../errors.js';
import { AccessTokenVerifier } from './bearer/access-token.verifier.js';
import type { Credential } from './credential.js';
import type { Verified } from './verified.js';

/** Believes one credential, or throws. Whether it was revoked, and what it may do, is decided over all of them. */
@Injectable()
export class CredentialVerifier {
  constructor(
    private readonly accessTokens: AccessTokenVerifier,
    private readonly apiKeys: VerifyApiKey,
    private readonly secrets: ClientSecretService,
  ) {}

  verify(credential: Credential, address: string): Promise<Verified> {
    switch (credential.kind) {
      case 'access-token':
        return this.accessToken(credential.text);
      case 'api-key':
        return this.apiKey(credential.text, address);
      case 'client-secret':
        return this.clientSecret(credential.clientId, credential.secret);
    }
  }

  private async accessToken(text: string): Promise<Verified> {
    const token = await this.accessTokens.verify(text);
    const { jti, issuer, clientId, user, roles, claims, confirmation, authenticatedAt, gid } =
      token;
    return {
      credential: {
        kind: 'access-token',
        id: jti,
        issuer,
        scope: new Set(token.scope),
        actsForUser: user !== null,
      },
      clientId,
      user,
      authenticatedAt,
      sessionId: gid,
      roles,
      claims,
      confirmation,
      revocable: { tokens: [token] },
    };
  }

  private async apiKey(text: string, address: string): Promise<Verified> {
    const key = await this.apiKeys.verify(text, address);
    return {
      credential: {
        kind: 'api-key',
        id: key.id,
        issuer: null,
        scope: new Set(key.scope),
        actsForUser: key.user !== null,
      },
      clientId: key.clientId,
      user: key.user,
      ...SAYS_NOTHING_MORE,
      revocable: { apiKeys: [key] },
    };
  }

  private async clientSecret(clientId: string, text: string): Promise<Verified> {
    const secret = await this.secrets.verify(clientId, text);
    if (secret === null) {
      throw new SallyportError('ERR_CREDENTIAL_UNKNOWN', { reason: 'no such client and secret' });
    }
    return {
      credential: {
        kind: 'client-secret',
        id: secret.id,
        issuer: null,
        scope: null,
        actsForUser: false,
      },
      clientId,
      user: null,
      ...SAYS_NOTHING_MORE,
      revocable: { clientSecrets: [secret] },
    };
  }
}

const SAYS_NOTHING_MORE = {
  authenticatedAt: null,
  sessionId: null,
  roles: null,
  claims: Object.freeze({}),
  confirmation: null,
} as const;
