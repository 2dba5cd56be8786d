import { constants, createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { JSONWebKeySet, JWK } from 'jose';
import { PublishedKeys } from '../../libs/sallyport/src/signing-keys/published-keys.js';
import type { SigningAlgorithm } from '../../libs/sallyport/src/signing-keys/signing-key.js';

export interface TestIssuerSettings {
  /** `iss` of its tokens. @default 'https://issuer.test' */
  readonly issuer?: string;
  /** @default 'ES256' */
  readonly algorithm?: SigningAlgorithm;
  /** @default a thumbprint of the key */
  readonly kid?: string;
}

/** Header or payload: an object, or text to be signed as it is. */
type Json = object | string;

export interface TestIssuer {
  readonly issuer: string;
  readonly algorithm: SigningAlgorithm;
  readonly kid: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  /** With `kid`, `alg` and `use`. */
  readonly publicJwk: JWK;
  readonly jwks: JSONWebKeySet;
  /** These keys as our own. */
  readonly publishedKeys: PublishedKeys;
  /** Signs exactly these claims. An object as `header` is merged into `{ alg, kid, typ: 'at+jwt' }`; undefined leaves a member out. */
  sign(claims: Json, header?: Json): string;
  /** A token of ours for `audience`, five minutes long, alice's in `mobile-app` unless the claims say otherwise; undefined leaves a claim out. */
  accessToken(claims?: object, header?: Json): string;
}

export const TEST_AUDIENCE = 'https://api.test';
/** The instant at which frozen clocks of token tests stand. */
export const TEST_NOW = new Date('2030-01-01T00:00:00Z');

/** An issuer with a fresh key. Its default tokens are valid at `now` for `TEST_AUDIENCE`. */
export function createTestIssuer(
  settings: TestIssuerSettings = {},
  now: () => Date = () => TEST_NOW,
): TestIssuer {
  const { issuer = 'https://issuer.test', algorithm = 'ES256' } = settings;
  const { publicKey, privateKey } = generateKeys(algorithm);
  const bare = publicKey.export({ format: 'jwk' }) as JWK;
  const kid = settings.kid ?? createHash('sha256').update(JSON.stringify(bare)).digest('base64url');
  const publicJwk: JWK = { ...bare, kid, alg: algorithm, use: 'sig' };
  let count = 0;

  const signToken = (claims: Json, header: Json = {}): string => {
    const merged =
      typeof header === 'string' ? header : { alg: algorithm, kid, typ: 'at+jwt', ...header };
    const input = `${encode(merged)}.${encode(claims)}`;
    return `${input}.${signText(algorithm, privateKey, input).toString('base64url')}`;
  };
  return {
    issuer,
    algorithm,
    kid,
    publicKey,
    privateKey,
    publicJwk,
    jwks: { keys: [publicJwk] },
    publishedKeys: new FixedKeys([{ kid, algorithm, publicJwk }]),
    sign: signToken,
    accessToken(claims = {}, header = {}) {
      const iat = Math.floor(now().getTime() / 1000);
      count += 1;
      const defaults = {
        iss: issuer,
        aud: TEST_AUDIENCE,
        sub: 'alice',
        sub_type: 'user',
        client_id: 'mobile-app',
        scope: 'invoices:read',
        jti: `token-${String(count)}`,
        iat,
        exp: iat + 300,
        uep: 0,
        cep: 0,
        rv: 0,
      };
      return signToken({ ...defaults, ...claims }, header);
    },
  };
}

/** The signature over `text`, as JWS spells it (RFC 7518 §3). */
export function signText(algorithm: SigningAlgorithm, key: KeyObject, text: string): Buffer {
  const data = Buffer.from(text);
  switch (algorithm) {
    case 'ES256':
      return sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' });
    case 'RS256':
      return sign('sha256', data, key);
    case 'PS256':
      return sign('sha256', data, {
        key,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: 32,
      });
    case 'EdDSA':
      return sign(null, data, key);
  }
}

export const encode = (value: Json): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

class FixedKeys extends PublishedKeys {
  constructor(private readonly keys: Awaited<ReturnType<PublishedKeys['publicKeys']>>) {
    super();
  }

  publicKeys(): ReturnType<PublishedKeys['publicKeys']> {
    return Promise.resolve(this.keys);
  }
}

function generateKeys(algorithm: SigningAlgorithm) {
  switch (algorithm) {
    case 'ES256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' });
    case 'EdDSA':
      return generateKeyPairSync('ed25519');
    case 'RS256':
    case 'PS256':
      return generateKeyPairSync('rsa', { modulusLength: 2048 });
  }
}
