import type { KeyObject } from 'node:crypto';
import type { MaybePromise } from '../../../maybe-promise.js';
import type { SigningAlgorithm } from '../../../signing-keys/signing-key.js';

/** A public key of one issuer. */
export interface VerificationKey {
  readonly kid: string;
  /** What it may verify; more than one only where the issuer's RSA key does not say (RFC 7517 §4.4). */
  readonly algorithms: readonly SigningAlgorithm[];
  readonly key: KeyObject;
}

/** Port: the public keys of one issuer. */
export abstract class VerificationKeys {
  /**
   * Null when the issuer has no such key. The same object while the key stays the same. At once where nothing has to
   * be asked. Throws ERR_KEYS_UNAVAILABLE or ERR_STORE_UNAVAILABLE when the keys cannot be read.
   */
  abstract find(kid: string): MaybePromise<VerificationKey | null>;
}
