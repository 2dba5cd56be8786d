import { createHash, randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';

/** A key that an app of the demo proves to have (RFC 9449). It never leaves the process. */
export class DemoKey {
  private constructor(
    private readonly privateKey: CryptoKey,
    private readonly jwk: JWK,
  ) {}

  static async create(): Promise<DemoKey> {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    return new DemoKey(privateKey, await exportJWK(publicKey));
  }

  /** A proof for one request; with the token that it carries, if it carries one (§4.2). */
  proof(method: string, url: string, accessToken?: string): Promise<string> {
    const ath =
      accessToken === undefined
        ? {}
        : { ath: createHash('sha256').update(accessToken).digest('base64url') };
    return new SignJWT({ htm: method, htu: url, jti: randomUUID(), ...ath })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: this.jwk })
      .setIssuedAt()
      .sign(this.privateKey);
  }
}
