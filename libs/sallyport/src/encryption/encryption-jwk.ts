import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { JWK } from 'jose';
import { hasSecretMembers, readPublicKey } from '../jwk-members.js';
import { isObject } from '../strict-json.js';
import type { DecryptionKey, KeyManagementAlgorithm } from './compact-jwe.js';

/** A public key of whoever is to read what is encrypted. */
export interface RecipientKey {
  readonly kid: string;
  readonly algorithm: KeyManagementAlgorithm;
  readonly key: KeyObject;
}

/** A private key that was handed over. */
export interface GivenKey {
  readonly kid: string;
  readonly key: DecryptionKey;
  /** Public members only, with `kid`, `alg` and `use`. */
  readonly publicJwk: JWK;
}

/** The public key to encrypt to that a JWK is; null for one that is for signatures, of another kind, or private. */
export function readRecipientKey(jwk: unknown): RecipientKey | null {
  if (!isObject(jwk) || hasSecretMembers(jwk)) return null;
  const named = namesOf(jwk);
  const key = readPublicKey(jwk);
  return named === null || key === null || !isFit(key) ? null : { ...named, key };
}

/** The same for a private JWK of ours. */
export function readGivenKey(jwk: unknown): GivenKey | null {
  if (!isObject(jwk)) return null;
  const named = namesOf(jwk);
  const key = privateKeyOf(jwk);
  if (named === null || key === null || !isFit(key)) return null;
  const { kid, algorithm } = named;
  const publicMembers = createPublicKey(key).export({ format: 'jwk' }) as JWK;
  return {
    kid,
    key: Object.freeze({ algorithm, key }),
    publicJwk: Object.freeze({ ...publicMembers, kid, alg: algorithm, use: 'enc' }),
  };
}

/** The keys of a JWK set that can be encrypted to, by `kid`, in their order; null when it is none. */
export function readRecipientKeys(jwks: unknown): ReadonlyMap<string, RecipientKey> | null {
  if (!isObject(jwks) || !Array.isArray(jwks.keys) || jwks.keys.length > MAX_KEYS) return null;
  const keys = jwks.keys.map(readRecipientKey).filter((key) => key !== null);
  return new Map(keys.map((key) => [key.kid, key]));
}

const MAX_KEYS = 100;

/** RFC 7518 §4.1: what a key of this kind can do; its own `alg` alone where it names one, the first where not. */
const ALGORITHMS: Readonly<Record<string, readonly KeyManagementAlgorithm[]>> = {
  EC: ['ECDH-ES', 'ECDH-ES+A256KW'],
  RSA: ['RSA-OAEP-256'],
};

/** RFC 7517 §4.2: one key is not for both, encryption and signatures, so it has to say which. */
function namesOf(
  jwk: Readonly<Record<string, unknown>>,
): Pick<RecipientKey, 'kid' | 'algorithm'> | null {
  const { kid, use, alg } = jwk;
  if (typeof kid !== 'string' || kid === '' || kid.length > 128 || use !== 'enc') return null;
  const possible = ALGORITHMS[String(jwk.kty)] ?? [];
  const algorithm = alg === undefined ? possible[0] : possible.find((name) => name === alg);
  return algorithm === undefined ? null : { kid, algorithm };
}

function isFit({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  const { namedCurve, modulusLength = 0, publicExponent = 0n } = asymmetricKeyDetails ?? {};
  if (asymmetricKeyType === 'ec') return namedCurve === 'prime256v1';
  // RFC 7518 §4.3 asks for 2048 bits or more.
  return modulusLength >= 2048 && modulusLength <= 8192 && publicExponent >= 65_537n;
}

function privateKeyOf(jwk: JWK): KeyObject | null {
  try {
    return createPrivateKey({ format: 'jwk', key: jwk });
  } catch {
    return null;
  }
}
