import type { Transaction } from '../transactions/transaction.js';
import type { Change } from './change.js';

/** Port: the record of changes, written in the transaction of the change itself. */
export abstract class ChangeStore {
  abstract append(change: Change, transaction: Transaction): Promise<void>;

  /** Newest first. */
  abstract listByObject(object: string, limit: number): Promise<readonly Change[]>;
}
