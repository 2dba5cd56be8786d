import type { JWK } from 'jose';
import type { MaybePromise } from '../maybe-promise.js';
import type { DecryptionKey } from './compact-jwe.js';

/** Port: this API's own private keys, which others encrypt to (RFC 7516). Their public halves are in its JWK set. */
export abstract class DecryptionKeys {
  /**
   * Null when there is no such key, or none any more. The same object while the key stays the same. At once where nothing
   * has to be asked.
   *
   * @throws ERR_STORE_UNAVAILABLE, ERR_SEAL_BROKEN
   */
  abstract find(kid: string): MaybePromise<DecryptionKey | null>;

  /**
   * The public key to encrypt to from now on, with `kid`, `alg` and `use: enc`; the same object while it stays. Null where
   * this API has none.
   *
   * @throws ERR_KEYS_UNAVAILABLE, ERR_STORE_UNAVAILABLE
   */
  abstract current(): MaybePromise<JWK | null>;
}
