import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { JSONWebKeySet, JWK } from 'jose';
import { invalidInput, quoted } from '../input.js';
import type { SigningAlgorithm } from '../signing-keys/signing-key.js';

const MAX_KEYS = 10;

/** Members of a private or symmetric key (RFC 7518 §6). */
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/**
 * The public keys (RFC 7517 §5) with which a client authenticates (RFC 7523 §3), each in one spelling and with those
 * members alone that verify a signature. Throws ERR_INPUT_INVALID for a set that is anything else, or in which a
 * single key is: unlike the keys that an issuer publishes, these are for us.
 */
export function readClientKeys(jwks: unknown): JSONWebKeySet {
  const given = isObject(jwks) ? jwks.keys : undefined;
  if (!Array.isArray(given) || given.length === 0 || given.length > MAX_KEYS) {
    throw invalidInput(`jwks must be a JWK set of 1 to ${MAX_KEYS} keys`);
  }
  const keys = given.map(readKey);
  if (new Set(keys.map(({ kid }) => kid)).size !== keys.length) {
    throw invalidInput('jwks: every key needs a kid of its own');
  }
  return { keys };
}

function readKey(jwk: unknown): JWK {
  if (!isObject(jwk)) throw invalidInput('jwks: a key must be an object');
  if (SECRET_MEMBERS.some((name) => name in jwk)) {
    throw invalidInput('jwks: a key has private members; it is no longer secret: make another');
  }
  const { kid, use = 'sig', key_ops: operations = ['verify'], alg } = jwk;
  if (typeof kid !== 'string' || !/^[\x20-\x7e]{1,128}$/.test(kid)) {
    throw invalidInput('jwks: every key needs a kid of 1 to 128 ASCII characters');
  }
  if (use !== 'sig' || !Array.isArray(operations) || !operations.includes('verify')) {
    throw invalidInput(`jwks: key ${quoted(kid)} is not for signatures`);
  }
  const key = publicKeyOf(jwk);
  const algorithms: readonly unknown[] = key === null ? [] : algorithmsOf(key);
  if (key === null || algorithms.length === 0) {
    throw invalidInput(
      `jwks: key ${quoted(kid)} must be EC P-256, OKP Ed25519 or RSA of 2048 to 8192 bits`,
    );
  }
  if (alg !== undefined && !algorithms.includes(alg)) {
    throw invalidInput(`jwks: alg of key ${quoted(kid)} must be ${algorithms.join(' or ')}`);
  }
  const publicMembers = key.export({ format: 'jwk' }) as JWK;
  return { ...publicMembers, kid, use, ...(typeof alg === 'string' && { alg }) };
}

function publicKeyOf(jwk: JsonWebKey): KeyObject | null {
  try {
    return createPublicKey({ format: 'jwk', key: jwk });
  } catch {
    return null;
  }
}

/** What a public key may verify; nothing where no client may have such a key. */
export function algorithmsOf({
  asymmetricKeyType,
  asymmetricKeyDetails,
}: KeyObject): readonly SigningAlgorithm[] {
  const { namedCurve, modulusLength = 0, publicExponent = 0n } = asymmetricKeyDetails ?? {};
  if (asymmetricKeyType === 'ec' && namedCurve === 'prime256v1') return ['ES256'];
  if (asymmetricKeyType === 'ed25519') return ['EdDSA'];
  if (asymmetricKeyType !== 'rsa' || modulusLength < 2048 || modulusLength > 8192) return [];
  // FIPS 186-5 §5.1: with an exponent of 1, anybody's signature would be right.
  return publicExponent >= 65_537n ? ['RS256', 'PS256'] : [];
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
