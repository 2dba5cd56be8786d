import { createHash, generateKeyPairSync } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, SignJWT, type JWK } from 'jose';
import { ISSUER } from './authorization-server.js';

export interface ClientKey {
  /** Public: for the registration. */
  readonly jwk: JWK;
  /** A new assertion (RFC 7523 §3) that this server alone takes, for a minute. */
  assertion(clientId: string): Promise<string>;
  /** A new proof of possession (RFC 9449 §4.2) for a POST to the token endpoint, or for what is named. */
  proof(target?: {
    readonly url: string;
    readonly method: string;
    readonly token?: string;
  }): Promise<string>;
}

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

export async function newClientKey(): Promise<ClientKey> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const bare = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(bare);
  return {
    jwk: { ...bare, kid, alg: 'ES256', use: 'sig' },
    assertion: (clientId) =>
      new SignJWT({ jti: crypto.randomUUID() })
        .setProtectedHeader({ alg: 'ES256', kid })
        .setIssuer(clientId)
        .setSubject(clientId)
        .setAudience(ISSUER)
        .setIssuedAt()
        .setExpirationTime('1m')
        .sign(privateKey),
    proof: ({ url, method, token } = { url: `${ISSUER}/token`, method: 'POST' }) =>
      new SignJWT({
        jti: crypto.randomUUID(),
        htm: method,
        htu: url,
        ...(token !== undefined && { ath: createHash('sha256').update(token).digest('base64url') }),
      })
        .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: bare })
        .setIssuedAt()
        .sign(privateKey),
  };
}
