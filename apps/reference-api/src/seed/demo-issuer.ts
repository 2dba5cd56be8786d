import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import {
  SignJWT,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JSONWebKeySet,
  type JWK,
} from 'jose';
import { readPrivateFile, writePrivateFile } from './private-file.js';

const ALGORITHM = 'ES256';

export interface DemoToken {
  readonly issuer: string;
  readonly audience: string;
  readonly clientId: string;
  /** Subject of the user it acts for; null makes a client's own token. */
  readonly subject: string | null;
  readonly scope: readonly string[];
  readonly lifetimeSeconds: number;
}

/**
 * Signs access tokens (RFC 9068) for the demo, in development only, until the authorization server is
 * there. To the API it is one more trusted issuer, bound to the demo's clients.
 */
export class DemoIssuer {
  private constructor(private readonly privateJwk: JWK) {}

  /** Null when no API was started on this data directory yet. */
  static async load(dataDir: string): Promise<DemoIssuer | null> {
    const text = await readPrivateFile(fileIn(dataDir));
    return text === null ? null : new DemoIssuer(JSON.parse(text) as JWK);
  }

  static async loadOrCreate(dataDir: string): Promise<DemoIssuer> {
    const kept = await DemoIssuer.load(dataDir);
    if (kept !== null) return kept;
    const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
    const jwk = await exportJWK(privateKey);
    const privateJwk = { ...jwk, alg: ALGORITHM, kid: await calculateJwkThumbprint(jwk) };
    await writePrivateFile(fileIn(dataDir), `${JSON.stringify(privateJwk)}\n`);
    return new DemoIssuer(privateJwk);
  }

  get jwks(): JSONWebKeySet {
    const { d: _private, ...publicJwk } = this.privateJwk;
    return { keys: [{ ...publicJwk, use: 'sig' }] };
  }

  async sign(token: DemoToken): Promise<string> {
    const { clientId, subject } = token;
    return new SignJWT({
      client_id: clientId,
      scope: token.scope.join(' '),
      ...(subject !== null && { sub_type: 'user' }),
    })
      .setProtectedHeader({ alg: ALGORITHM, typ: 'at+jwt', kid: this.privateJwk.kid ?? '' })
      .setIssuer(token.issuer)
      .setAudience(token.audience)
      .setSubject(subject ?? clientId)
      .setJti(randomUUID())
      .setIssuedAt()
      .setExpirationTime(`${String(token.lifetimeSeconds)}s`)
      .sign(await importJWK(this.privateJwk, ALGORITHM));
  }
}

/** Its `iss`: a name under the API's origin. Nothing is served there. */
export const demoIssuerName = (api: string): string => `${api}/demo-issuer`;

const fileIn = (dataDir: string): string => join(dataDir, 'demo-issuer.json');
