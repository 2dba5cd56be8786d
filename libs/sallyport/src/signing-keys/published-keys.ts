import type { JWK } from 'jose';
import type { MaybePromise } from '../maybe-promise.js';
import type { SigningAlgorithm } from './signing-key.js';

/** One key that our tokens may be signed with: what the JWK set publishes of it. */
export interface PublishedKey {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  /** Public members only. */
  readonly publicJwk: JWK;
}

/** Port: where the verifier learns our own public keys. */
export abstract class PublishedKeys {
  /**
   * Keys that are next, active or retiring, at once where they are known. An implementation that caches reads again when
   * `wantedKid` is not among the keys it has, since another instance may just have made that key.
   */
  abstract publicKeys(wantedKid?: string): MaybePromise<readonly PublishedKey[]>;
}
