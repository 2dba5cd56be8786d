import type { Transaction } from '../transactions/transaction.js';
import type { UserId, UserState } from './user.js';

/** Port. */
export abstract class UserStateStore {
  abstract find(user: UserId): Promise<UserState | null>;

  /** Reports whether this call suspended the user. Atomic: of two at once, one gets true. */
  abstract suspend(user: UserId, at: Date, transaction: Transaction): Promise<boolean>;

  /** Reports whether this call lifted a suspension. */
  abstract reinstate(user: UserId, transaction: Transaction): Promise<boolean>;
}
