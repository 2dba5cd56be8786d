import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { JSONWebKeySet, JWK } from 'jose';
import type { KeyManagementAlgorithm } from '../encryption/compact-jwe.js';
import { invalidInput, quoted } from '../input.js';
import { hasSecretMembers } from '../jwk-members.js';
import type { SigningAlgorithm } from '../signing-keys/signing-key.js';

const MAX_KEYS = 10;

/**
 * The public keys (RFC 7517 §5) with which a client authenticates (RFC 7523 §3), and those that we encrypt to (`use: enc`),
 * each in one spelling and with those members alone that are needed for it. Throws ERR_INPUT_INVALID for a set that is
 * anything else, or in which a single key is: unlike the keys that an issuer publishes, these are for us.
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
  // By its keys a client authenticates: with none for it, it could not.
  if (!keys.some(({ use }) => use === 'sig')) {
    throw invalidInput('jwks needs a key for signatures beside those for encryption');
  }
  return { keys };
}

function readKey(jwk: unknown): JWK {
  if (!isObject(jwk)) throw invalidInput('jwks: a key must be an object');
  if (hasSecretMembers(jwk)) {
    throw invalidInput('jwks: a key has private members; it is no longer secret: make another');
  }
  const { kid, use = 'sig', alg } = jwk;
  if (typeof kid !== 'string' || !/^[\x20-\x7e]{1,128}$/.test(kid)) {
    throw invalidInput('jwks: every key needs a kid of 1 to 128 ASCII characters');
  }
  const purpose = purposeOf(jwk);
  if (purpose === null) {
    throw invalidInput(`jwks: key ${quoted(kid)} is neither for signatures nor for encryption`);
  }
  const key = publicKeyOf(jwk);
  const algorithms: readonly unknown[] = key === null ? [] : purpose.algorithmsOf(key);
  if (key === null || algorithms.length === 0) {
    throw invalidInput(`jwks: key ${quoted(kid)} must be ${purpose.kinds} of 2048 to 8192 bits`);
  }
  if (alg !== undefined && !algorithms.includes(alg)) {
    throw invalidInput(`jwks: alg of key ${quoted(kid)} must be ${algorithms.join(' or ')}`);
  }
  const publicMembers = key.export({ format: 'jwk' }) as JWK;
  return {
    ...publicMembers,
    kid,
    use: use as 'sig' | 'enc',
    ...(typeof alg === 'string' && { alg }),
  };
}

interface Purpose {
  /** RFC 7517 §4.3: what a public key of this use does. */
  readonly operations: readonly string[];
  readonly kinds: string;
  readonly algorithmsOf: (key: KeyObject) => readonly string[];
}

const PURPOSES: Readonly<Record<string, Purpose>> = {
  sig: { operations: ['verify'], kinds: 'EC P-256, OKP Ed25519 or RSA', algorithmsOf },
  enc: {
    // Of ECDH-ES it is the private key that derives; the public one has no operation.
    operations: ['encrypt', 'wrapKey', 'deriveKey', 'deriveBits'],
    kinds: 'EC P-256 or RSA',
    algorithmsOf: encryptionAlgorithmsOf,
  },
};

/** Null for a use that we have none for, or operations that are not of its use. */
function purposeOf({ use = 'sig', key_ops: operations }: JsonWebKey): Purpose | null {
  const purpose = Object.hasOwn(PURPOSES, String(use)) ? PURPOSES[String(use)] : undefined;
  if (purpose === undefined) return null;
  if (operations === undefined) return purpose;
  if (!Array.isArray(operations)) return null;
  const isEmpty = operations.length === 0 && use === 'enc';
  return isEmpty || purpose.operations.some((name) => operations.includes(name)) ? purpose : null;
}

function publicKeyOf(jwk: JsonWebKey): KeyObject | null {
  try {
    return createPublicKey({ format: 'jwk', key: jwk });
  } catch {
    return null;
  }
}

/** How something can be encrypted to a public key; nothing where no client may have such a key. */
function encryptionAlgorithmsOf(key: KeyObject): readonly KeyManagementAlgorithm[] {
  const [signs] = algorithmsOf(key);
  if (signs === 'ES256') return ['ECDH-ES', 'ECDH-ES+A256KW'];
  return signs === 'RS256' ? ['RSA-OAEP-256'] : [];
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
