import type { Transaction } from '../transactions/transaction.js';
import type { UserId } from '../users/user.js';
import type { UsageQuery, UsageTotal } from './usage-query.js';
import type { ClientUse, Granularity, UsageRow } from './usage.js';

/**
 * Port: where usage is kept, by minute, hour and day. The class is both the type and the injection token. Every
 * adapter passes `usage.store.contract.ts`.
 */
export abstract class UsageStore {
  /** The ids that were not claimed before. Of two transactions at once with one id, one gets it. */
  abstract claim(
    batchIds: readonly string[],
    at: Date,
    transaction: Transaction,
  ): Promise<readonly string[]>;

  /** Adds rows of minutes, to their hours and days too. */
  abstract add(rows: readonly UsageRow[], transaction: Transaction): Promise<void>;

  /** Adds counts and moves `lastUsedAt` forward, never back. */
  abstract recordClientUses(uses: readonly ClientUse[], transaction: Transaction): Promise<void>;

  abstract clientUse(clientId: string): Promise<ClientUse | null>;

  /** By start, then by the columns of the groups, each ascending. */
  abstract query(query: UsageQuery): Promise<readonly UsageTotal[]>;

  /**
   * Takes the user, and what would tell who it was (address, user agent), out of up to `limit` rows; their counts
   * stay. Returns how many it changed.
   */
  abstract eraseUser(user: UserId, limit: number): Promise<number>;

  /** Deletes up to `limit` rows of the granularity that start before `before`; returns how many. */
  abstract prune(granularity: Granularity, before: Date, limit: number): Promise<number>;

  /** Forgets up to `limit` ids that were claimed before `before`; returns how many. */
  abstract pruneBatches(before: Date, limit: number): Promise<number>;
}
