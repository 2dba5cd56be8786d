import type { RevocationKey, RevocationMark } from './revocation.js';

export interface ListedRevocation extends RevocationMark {
  readonly key: RevocationKey;
  /** Where it is to be remembered for longer than the others. */
  readonly ttlSeconds?: number;
}

/** Port: the blacklist that every request asks. Fast and shared; never the only copy. */
export abstract class RevocationList {
  /**
   * The marks of these keys, in their order, in one round trip; null for a key that is not listed.
   * Null as a whole when the list cannot vouch for itself (flushed, restarted, out of reach): ask the store.
   */
  abstract check(
    keys: readonly RevocationKey[],
  ): Promise<readonly (RevocationMark | null)[] | null>;

  /** Lists revocations for `ttlSeconds`, or what they say themselves. An epoch never goes back. Throws when the list is out of reach. */
  abstract publish(revocations: readonly ListedRevocation[], ttlSeconds: number): Promise<void>;

  /**
   * Fills a list that cannot vouch for itself from `pages`, after which it can. If the list is lost again
   * meanwhile it stays untrusted. Does nothing when the list is whole.
   */
  abstract rebuild(
    pages: () => AsyncIterable<readonly ListedRevocation[]>,
    ttlSeconds: number,
  ): Promise<void>;
}
