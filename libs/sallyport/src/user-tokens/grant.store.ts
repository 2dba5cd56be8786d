import type { Transaction } from '../transactions/transaction.js';
import type { UserId } from '../users/user.js';
import type { Ending, Grant } from './grant.js';

/** Which grants are meant: those that match everything named. */
export interface GrantFilter {
  readonly user?: UserId;
  readonly clientId?: string;
  readonly loginId?: string;
}

/** Port: the families of codes and tokens. */
export abstract class GrantStore {
  abstract insert(grant: Grant, transaction: Transaction): Promise<void>;

  /** As committed, or as `transaction` would leave it; ended and expired ones too. */
  abstract find(id: string, transaction?: Transaction): Promise<Grant | null>;

  /** Those that match and are neither ended nor expired at `at`; ordered by id, no more than `limit`. */
  abstract listAlive(
    filter: GrantFilter,
    at: Date,
    limit: number,
    transaction?: Transaction,
  ): Promise<readonly Grant[]>;

  /**
   * Ends these and marks their user tokens that are still unspent as revoked. Returns the ids that this call ended:
   * of two at once, one gets each.
   */
  abstract end(
    ids: readonly string[],
    ending: Ending,
    transaction: Transaction,
  ): Promise<readonly string[]>;

  /** Deletes up to `limit` grants that expired before `before`, with all that belongs to them; returns how many. */
  abstract prune(before: Date, limit: number): Promise<number>;
}
