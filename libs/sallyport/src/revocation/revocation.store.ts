import type { Transaction } from '../transactions/transaction.js';
import type {
  Revocation,
  RevocationChange,
  RevocationKey,
  RevocationKind,
  RevocationMark,
} from './revocation.js';

/** A place in the history of commits. Its text is the store's own. */
export type RevocationCursor = string;

export interface RevocationChanges {
  readonly changes: readonly RevocationChange[];
  /** Where to go on. */
  readonly cursor: RevocationCursor;
  /** False when there was more than the limit: ask again at once. */
  readonly isComplete: boolean;
}

/** Port: the durable truth of what is revoked. The blacklist can be rebuilt from it. */
export abstract class RevocationStore {
  /**
   * Raises the target's epoch by one, in one statement, and returns the mark as it then stands.
   * `revokedAt` only moves forward and null leaves it. The row counts as unpublished until `markPublished`.
   */
  abstract raise(
    revocation: Omit<Revocation, 'epoch'>,
    transaction: Transaction,
  ): Promise<RevocationMark>;

  /** The marks of these keys, in their order, as committed or as `transaction` would leave them; null for a target never revoked. */
  abstract marks(
    keys: readonly RevocationKey[],
    transaction?: Transaction,
  ): Promise<readonly (RevocationMark | null)[]>;

  /** Outbox: committed rows that no list has yet, oldest first. */
  abstract unpublished(limit: number): Promise<readonly RevocationChange[]>;

  /** Confirms rows, but not those whose epoch was raised again since, nor those that someone is about to raise. */
  abstract markPublished(published: readonly Pick<Revocation, 'key' | 'epoch'>[]): Promise<void>;

  /** Where history stands: `changesSince` it tells whatever commits later, however long ago that began. */
  abstract position(): Promise<RevocationCursor>;

  /**
   * Rows whose last change was committed since `cursor`, up to `limit`; one may come twice, none is left out.
   * Null when the cursor means nothing to the server that answers, which was restarted or replaced: begin anew.
   */
  abstract changesSince(cursor: RevocationCursor, limit: number): Promise<RevocationChanges | null>;

  /** Everything changed at or after `since`, in pages ordered by key, for a rebuild. */
  abstract changedSince(
    since: Date,
    afterKey: RevocationKey | null,
    limit: number,
  ): Promise<readonly RevocationChange[]>;

  /** Deletes up to `limit` revocations of `kinds` that were changed before `before`; returns how many. */
  abstract prune(kinds: readonly RevocationKind[], before: Date, limit: number): Promise<number>;
}
