import { constants, createHmac, sign, timingSafeEqual, verify, type KeyObject } from 'node:crypto';
import { derOfJose, joseOfDer } from '../hashing/ecdsa-signature.js';

/** Of the registry of RFC 9421 §6.2.2 those of today. */
export const SIGNATURE_ALGORITHMS = [
  'hmac-sha256',
  'ed25519',
  'ecdsa-p256-sha256',
  'rsa-pss-sha512',
] as const;
export type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number];

/** A key and the one algorithm that it is for: what a message says of it decides nothing (RFC 9421 §7.3.6). */
export interface SignatureKey {
  readonly algorithm: SignatureAlgorithm;
  /** Secret for HMAC, else public or private; never bytes, which would be made a key at every use. */
  readonly key: KeyObject;
}

/** RFC 9421 §3.3.1: PSS with a salt as long as the hash. */
const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 };

/** Whether `signature` is of this base by this key; HMACs are compared in constant time. */
export function isSignatureOf(
  base: string,
  signature: Uint8Array,
  { algorithm, key }: SignatureKey,
): boolean {
  switch (algorithm) {
    case 'hmac-sha256': {
      const mac = createHmac('sha256', key).update(base, 'latin1').digest();
      return signature.length === mac.length && timingSafeEqual(signature, mac);
    }
    case 'ed25519':
      return verify(null, bytes(base), key, signature);
    case 'ecdsa-p256-sha256': {
      const der = derOfJose(Buffer.from(signature));
      return der !== null && verify('sha256', bytes(base), key, der);
    }
    case 'rsa-pss-sha512':
      return verify('sha512', bytes(base), { key, ...PSS }, signature);
  }
}

export function signBase(base: string, { algorithm, key }: SignatureKey): Buffer {
  switch (algorithm) {
    case 'hmac-sha256':
      return createHmac('sha256', key).update(base, 'latin1').digest();
    case 'ed25519':
      return sign(null, bytes(base), key);
    case 'ecdsa-p256-sha256':
      return joseOfDer(sign('sha256', bytes(base), key));
    case 'rsa-pss-sha512':
      return sign('sha512', bytes(base), { key, ...PSS });
  }
}

/** A base is ASCII (RFC 9421 §2.5). */
const bytes = (base: string): Buffer => Buffer.from(base, 'latin1');
