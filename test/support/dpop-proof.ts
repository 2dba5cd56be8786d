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

/** Makes proofs of possession (RFC 9449 §4.2), right ones and others; for the token endpoint unless the claims say otherwise. */
export class ProofMaker {
  private constructor(
    private readonly privateKey: CryptoKey,
    readonly publicJwk: JWK,
    /** As no proof may have it (§4.3). */
    readonly privateJwk: JWK,
    /** What a token is bound by (§6.1). */
    readonly jkt: string,
    private readonly algorithm: string,
  ) {}

  static async create(algorithm = 'ES256'): Promise<ProofMaker> {
    const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
    const publicJwk = await exportJWK(publicKey);
    const jkt = await calculateJwkThumbprint(publicJwk);
    return new ProofMaker(privateKey, publicJwk, await exportJWK(privateKey), jkt, algorithm);
  }

  /** A right proof but for the claims and header members given; undefined leaves one out. */
  proof(claims: object = {}, header: object = {}): Promise<string> {
    const full = { alg: this.algorithm, typ: 'dpop+jwt', jwk: this.publicJwk, ...header };
    return new SignJWT(claimsOfProof(claims)).setProtectedHeader(full).sign(this.privateKey);
  }

  /** Signed with the public key as a secret, which everybody has. */
  proofByMac(): Promise<string> {
    const header = { alg: 'HS256', typ: 'dpop+jwt', jwk: this.publicJwk };
    const secret = Buffer.from(JSON.stringify(this.publicJwk));
    return new SignJWT(claimsOfProof({})).setProtectedHeader(header).sign(secret);
  }

  unsignedProof(): string {
    const parts = [{ alg: 'none', typ: 'dpop+jwt', jwk: this.publicJwk }, claimsOfProof({})];
    return `${parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`;
  }
}

const claimsOfProof = (claims: object) => ({
  htm: 'POST',
  htu: `${ISSUER}/token`,
  jti: randomUUID(),
  iat: Math.floor(Date.now() / 1000),
  ...claims,
});
