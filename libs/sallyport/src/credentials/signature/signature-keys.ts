import type { SignatureAlgorithm, SignatureKey } from '../../signatures/signature-algorithms.js';
import type { VerificationKey } from '../bearer/keys/verification-keys.js';

/** The algorithm of RFC 9421 §3.3 for a key that may be used for these of JWS, and for no other. */
const ALGORITHMS: Readonly<Record<string, SignatureAlgorithm>> = {
  ES256: 'ecdsa-p256-sha256',
  EdDSA: 'ed25519',
  // An RSA key that names one of them in `alg` is not for `rsa-pss-sha512`.
  'RS256 PS256': 'rsa-pss-sha512',
};

/** Null for a key that is for something else. */
export function signatureKeyOf({ algorithms, key }: VerificationKey): SignatureKey | null {
  const algorithm = ALGORITHMS[algorithms.join(' ')];
  return algorithm === undefined ? null : { algorithm, key };
}
