import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JSONWebKeySet } from 'jose';
import { ISSUER } from './authorization-server.js';

const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** The key of a client that authenticates by `private_key_jwt` (RFC 7523). */
export class ClientKey {
  private constructor(
    private readonly privateKey: CryptoKey,
    readonly algorithm: string,
    /** What the client registers. */
    readonly jwks: JSONWebKeySet,
  ) {}

  static async create(algorithm = 'ES256', kid = 'k1'): Promise<ClientKey> {
    const { privateKey, publicKey } = await generateKeyPair(algorithm);
    const jwk = { ...(await exportJWK(publicKey)), kid };
    return new ClientKey(privateKey, algorithm, { keys: [jwk] });
  }

  /** A right assertion of this client, but for the claims and header members given; undefined leaves one out. */
  assertion(clientId: string, claims: object = {}, header: object = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const payload = {
      iss: clientId,
      sub: clientId,
      aud: ISSUER,
      jti: randomUUID(),
      iat: now,
      exp: now + 60,
      ...claims,
    };
    return new SignJWT(payload)
      .setProtectedHeader({ alg: this.algorithm, kid: 'k1', ...header })
      .sign(this.privateKey);
  }

  /** The parameters of an authenticated request (RFC 7523 §2.2). */
  async parameters(clientId: string, claims: object = {}): Promise<Record<string, string>> {
    return assertionParameters(await this.assertion(clientId, claims));
  }
}

export const assertionParameters = (assertion: string): Record<string, string> => ({
  client_assertion_type: TYPE,
  client_assertion: assertion,
});
