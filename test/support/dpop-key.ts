import { randomUUID } from 'node:crypto';
import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  SignJWT,
  type CryptoKey,
  type JWK,
} from 'jose';
import { ISSUER } from './authorization-server.js';

/** A key that a client proves to have (RFC 9449). */
export class DpopKey {
  private constructor(
    private readonly privateKey: CryptoKey,
    private readonly publicJwk: JWK,
    readonly jkt: string,
  ) {}

  static async create(): Promise<DpopKey> {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const jwk = await exportJWK(publicKey);
    return new DpopKey(privateKey, jwk, await calculateJwkThumbprint(jwk));
  }

  /** The header of a request to the token endpoint, with a fresh proof (RFC 9449 §4.2). */
  async header(claims: object = {}): Promise<{ readonly DPoP: string }> {
    const payload = { htm: 'POST', htu: `${ISSUER}/token`, jti: randomUUID(), ...claims };
    const DPoP = await new SignJWT(payload)
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: this.publicJwk })
      .setIssuedAt()
      .sign(this.privateKey);
    return { DPoP };
  }
}
