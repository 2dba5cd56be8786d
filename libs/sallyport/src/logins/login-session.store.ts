import type { Transaction } from '../transactions/transaction.js';
import type { UserId } from '../users/user.js';
import type { LoginSession, LoginSessionWrite } from './login-session.js';

/** Port: browser sessions. */
export abstract class LoginSessionStore {
  /**
   * Writes the session, new or not; `createdAt` of one that exists stays. False, and nothing is written, when it was
   * ended meanwhile: what is ended is not revived.
   */
  abstract put(session: LoginSessionWrite, transaction: Transaction): Promise<boolean>;

  /** Ended and expired ones too. */
  abstract findByCookie(cookieHash: string): Promise<LoginSession | null>;

  /** Ended and expired ones too. */
  abstract find(id: string, transaction?: Transaction): Promise<LoginSession | null>;

  /** Reports whether this call ended it. Atomic. */
  abstract end(id: string, at: Date, transaction: Transaction): Promise<boolean>;

  /** Ends those of the user that stand, but for `exceptId`; returns how many this call ended. */
  abstract endOthers(
    user: UserId,
    exceptId: string,
    at: Date,
    transaction: Transaction,
  ): Promise<number>;

  /** Deletes up to `limit` that expired before `before`; returns how many. */
  abstract prune(before: Date, limit: number): Promise<number>;
}
