import type { RevocationFollowing, RevocationNotice } from './revocation-notice.js';
import type { RevocationKey, RevocationMark } from './revocation.js';

export interface ListedRevocation extends RevocationMark {
  readonly key: RevocationKey;
  /** Where it is to be remembered for longer than the others. */
  readonly ttlSeconds?: number;
}

/** Port: the blacklist of all instances, and what tells them of each other's. Fast and shared; never the only copy. */
export abstract class RevocationList {
  /**
   * The marks of these keys, in their order, in one round trip; null for a key that is not listed.
   * Null as a whole when the list cannot vouch for itself (flushed, restarted, out of reach): ask the store.
   */
  abstract check(
    keys: readonly RevocationKey[],
  ): Promise<readonly (RevocationMark | null)[] | null>;

  /**
   * Lists revocations for `ttlSeconds`, or what they say themselves, and tells the notices to all that follow. An epoch
   * never goes back. Throws when the list is out of reach.
   */
  abstract publish(
    revocations: readonly ListedRevocation[],
    ttlSeconds: number,
    notices?: readonly RevocationNotice[],
  ): Promise<void>;

  /** Tells whatever any instance publishes from now on, in milliseconds, for as long as the list is in reach. Returns how to stop. */
  abstract follow(following: RevocationFollowing): () => void;

  /**
   * Fills a list that cannot vouch for itself from `pages`, after which it can. If the list is lost again
   * meanwhile it stays untrusted. Does nothing when the list is whole.
   */
  abstract rebuild(
    pages: () => AsyncIterable<readonly ListedRevocation[]>,
    ttlSeconds: number,
  ): Promise<void>;
}
