import { Injectable } from '@nestjs/common';
import type { ApiKey } from '../api-keys/api-key.js';
import { VerifyApiKey } from '../api-keys/verify-api-key.js';
import { ClientSecretService } from '../clients/client-secret.service.js';
import { SallyportError } from '../errors.js';
import { isPromise, type MaybePromise } from '../maybe-promise.js';
import { sealedSet } from '../principals/sealed-set.js';
import { RevocationChecker } from '../revocation/check/revocation.checker.js';
import { Aws4Verifier } from './aws4/aws4.verifier.js';
import { AccessTokenVerifier } from './bearer/access-token.verifier.js';
import type { BelievedToken } from './bearer/verified-token.cache.js';
import type { Credential } from './credential.js';
import { SignatureVerifier } from './signature/signature.verifier.js';
import type { ClientKeySigner, Signer } from './signature/signers.js';
import type { VerifiedAccessToken } from './verified-access-token.js';
import { Verified, type Statement } from './verified.js';

/** From where a request came, and when: in milliseconds since 1970. */
export interface Asked {
  readonly address: string;
  readonly now: number;
}

/**
 * Believes one credential, or throws. Whether the key that it is bound to was proven, whether it was revoked, and what
 * it may do, is decided later, over all of them.
 */
@Injectable()
export class CredentialVerifier {
  /** The same key is the same `Verified`, however often it comes; as the same token is. */
  private readonly known = new WeakMap<ApiKey, Verified>();
  /** A key that signs is another credential than the same one sent: it may enter where that may not. */
  private readonly knownSigners = new WeakMap<Signer, Verified>();

  constructor(
    private readonly accessTokens: AccessTokenVerifier,
    private readonly apiKeys: VerifyApiKey,
    private readonly secrets: ClientSecretService,
    private readonly revocations: RevocationChecker,
    private readonly signatures: SignatureVerifier,
    private readonly aws4: Aws4Verifier,
  ) {}

  /** One by one: a request with one bad credential is refused, whatever the other is worth. */
  verifyAll(credentials: readonly Credential[], asked: Asked): MaybePromise<readonly Verified[]> {
    const verified: Verified[] = [];
    for (const credential of credentials) {
      const one = this.verify(credential, asked);
      if (isPromise(one)) return this.verifyRest([...verified, one], credentials, asked);
      verified.push(one);
    }
    return verified;
  }

  private async verifyRest(
    begun: readonly MaybePromise<Verified>[],
    credentials: readonly Credential[],
    asked: Asked,
  ): Promise<readonly Verified[]> {
    const verified: Verified[] = [];
    for (const one of begun) verified.push(await one);
    for (const credential of credentials.slice(begun.length)) {
      verified.push(await this.verify(credential, asked));
    }
    return verified;
  }

  private verify(credential: Credential, { address, now }: Asked): MaybePromise<Verified> {
    switch (credential.kind) {
      case 'access-token':
      case 'dpop-access-token': {
        const believed = this.accessTokens.recall(credential.text, now);
        return isPromise(believed) ? believed.then(this.ofToken) : this.ofToken(believed);
      }
      case 'api-key': {
        const key: MaybePromise<ApiKey> = this.apiKeys.verify(credential.text, address, now);
        return isPromise(key) ? key.then(this.ofApiKey) : this.ofApiKey(key);
      }
      case 'client-secret':
        return this.clientSecret(credential.clientId, credential.secret);
      case 'signature':
        return this.signatures.verify(credential, address).then(this.ofSigner);
      case 'aws4':
        return this.aws4.verify(credential, address).then(this.ofSigner);
    }
  }

  private readonly ofToken = (believed: BelievedToken): Verified => {
    const { token } = believed;
    believed.verified ??= new Verified(saidByToken(token), this.revocations.checkOf({ token }));
    return believed.verified;
  };

  private readonly ofApiKey = (key: ApiKey): Verified => {
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const verified = new Verified(saidByApiKey(key), this.revocations.checkOf({ apiKey: key }));
    this.known.set(key, verified);
    return verified;
  };

  private readonly ofSigner = (signer: Signer): Verified => {
    const known = this.knownSigners.get(signer);
    if (known !== undefined) return known;
    const { apiKey } = signer;
    const verified =
      apiKey === null
        ? new Verified(saidByClientKey(signer), this.revocations.checkOf({ clientKey: signer }))
        : new Verified(saidByApiKey(apiKey, true), this.revocations.checkOf({ apiKey }));
    this.knownSigners.set(signer, verified);
    return verified;
  };

  private async clientSecret(clientId: string, text: string): Promise<Verified> {
    const secret = await this.secrets.verify(clientId, text);
    if (secret === null) {
      throw new SallyportError('ERR_CREDENTIAL_UNKNOWN', { reason: 'no such client and secret' });
    }
    const said: Statement = {
      credential: {
        kind: 'client-secret',
        id: secret.id,
        issuer: null,
        scope: null,
        actsForUser: false,
        isSigned: false,
      },
      clientId,
      user: null,
      expiresAt: secret.expiresAt,
      ...SAYS_NOTHING_MORE,
    };
    return new Verified(said, this.revocations.checkOf({ clientSecret: secret }));
  }
}

function saidByToken(token: VerifiedAccessToken): Statement {
  const { jti, issuer, clientId, user, roles, claims, confirmation, authenticatedAt, gid } = token;
  return {
    credential: Object.freeze({
      kind: 'access-token',
      id: jti,
      issuer,
      scope: sealedSet(token.scope),
      actsForUser: user !== null,
      isSigned: false,
    }),
    clientId,
    user,
    authenticatedAt,
    expiresAt: token.expiresAt,
    sessionId: gid,
    roles,
    claims,
    confirmation,
  };
}

const saidByApiKey = (key: ApiKey, isSigned = false): Statement => ({
  credential: Object.freeze({
    kind: 'api-key',
    id: key.id,
    issuer: null,
    scope: sealedSet(key.scope),
    actsForUser: key.user !== null,
    isSigned,
  }),
  clientId: key.clientId,
  user: key.user,
  expiresAt: key.expiresAt,
  ...SAYS_NOTHING_MORE,
});

const saidByClientKey = ({ clientId, kid }: ClientKeySigner): Statement => ({
  credential: Object.freeze({
    kind: 'client-key',
    id: kid,
    issuer: null,
    scope: null,
    actsForUser: false,
    isSigned: true,
  }),
  clientId,
  user: null,
  expiresAt: null,
  ...SAYS_NOTHING_MORE,
});

const SAYS_NOTHING_MORE = {
  authenticatedAt: null,
  sessionId: null,
  roles: null,
  claims: Object.freeze({}),
  confirmation: null,
} as const;
