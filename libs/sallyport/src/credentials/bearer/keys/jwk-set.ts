import type { SigningAlgorithm } from '../../../signing-keys/signing-key.js';
import { isSigningAlgorithm } from '../jws.js';
import { hasSecretMembers, readPublicKey } from '../../../jwk-members.js';
import { isObject } from '../../../strict-json.js';
import { VerificationKeys, type VerificationKey } from './verification-keys.js';

const MAX_KEYS = 100;

/**
 * The usable keys of a JWK set (RFC 7517 §5), by `kid`; null when it is none, or has over 100 keys. Skipped:
 * keys for something else, of another kind, with private members, and all keys that share a `kid`.
 * Keys that have not changed are taken over from `previous`.
 */
export function readJwkSet(
  jwks: unknown,
  accepted: readonly SigningAlgorithm[],
  previous?: ReadonlyMap<string, VerificationKey>,
): ReadonlyMap<string, VerificationKey> | null {
  if (!isObject(jwks) || !Array.isArray(jwks.keys)) return null;
  const entries: readonly unknown[] = jwks.keys;
  if (entries.length > MAX_KEYS) return null;

  const keys = new Map<string, VerificationKey | null>();
  for (const jwk of entries) {
    const read = readJwk(jwk, accepted);
    if (read === null) continue;
    keys.set(read.kid, keys.has(read.kid) ? null : unchanged(previous?.get(read.kid), read));
  }
  return new Map(
    [...keys].filter((entry): entry is [string, VerificationKey] => entry[1] !== null),
  );
}

/** One public JWK (RFC 7517 §4), or null when it verifies nothing that is accepted. */
export function readJwk(
  jwk: unknown,
  accepted: readonly SigningAlgorithm[],
): VerificationKey | null {
  if (!isObject(jwk)) return null;
  const { kid } = jwk;
  if (typeof kid !== 'string' || kid === '' || kid.length > 128) return null;
  const algorithms = algorithmsOf(jwk).filter((algorithm) => accepted.includes(algorithm));
  if (algorithms.length === 0 || !isPublicSignatureKey(jwk)) return null;
  const key = readPublicKey(jwk);
  return key === null ? null : { kid, algorithms, key };
}

/** Whether it says that it is for signatures, and has no private members. */
export function isPublicSignatureKey(jwk: Readonly<Record<string, unknown>>): boolean {
  const { use = 'sig', key_ops: operations = ['verify'] } = jwk;
  if (hasSecretMembers(jwk)) return false;
  return use === 'sig' && Array.isArray(operations) && operations.includes('verify');
}

/** What a key of this kind may verify; its own `alg` alone where it names one. */
export function algorithmsOf(jwk: Readonly<Record<string, unknown>>): readonly SigningAlgorithm[] {
  const { kty, crv, alg } = jwk;
  const possible: SigningAlgorithm[] = [];
  if (kty === 'EC' && crv === 'P-256') possible.push('ES256');
  if (kty === 'OKP' && crv === 'Ed25519') possible.push('EdDSA');
  if (kty === 'RSA') possible.push('RS256', 'PS256');
  if (alg === undefined) return possible;
  return isSigningAlgorithm(alg) && possible.includes(alg) ? [alg] : [];
}

function unchanged(known: VerificationKey | undefined, read: VerificationKey): VerificationKey {
  const isSame =
    known !== undefined &&
    known.key.equals(read.key) &&
    known.algorithms.join() === read.algorithms.join();
  return isSame ? known : read;
}

/** Keys that were handed over once and never change. */
export class StaticJwks extends VerificationKeys {
  constructor(private readonly keys: ReadonlyMap<string, VerificationKey>) {
    super();
  }

  find(kid: string): VerificationKey | null {
    return this.keys.get(kid) ?? null;
  }
}
