import type { Transaction } from '../transactions/transaction.js';
import type { UserId } from '../users/user.js';
import type { Consumption, UserToken } from './user-token.js';

/** Port: refresh tokens. */
export abstract class UserTokenStore {
  abstract insert(token: UserToken, transaction: Transaction): Promise<void>;

  /** Expired, consumed and revoked ones too. */
  abstract findByHash(secretHash: string): Promise<UserToken | null>;

  /**
   * Spends it, unless it is consumed or revoked, and takes the sealed answer off its predecessor. Returns the token
   * as it then stands, or null when someone else was faster: atomic, and whoever comes while another transaction has
   * consumed it waits for that one to end.
   */
  abstract consume(
    id: string,
    consumption: Consumption,
    transaction: Transaction,
  ): Promise<UserToken | null>;

  /** Heads of the user's families: neither consumed nor revoked, and not past either end at `at`. Last used first. */
  abstract listHeads(
    user: UserId,
    at: Date,
    limit: number,
    transaction?: Transaction,
  ): Promise<readonly UserToken[]>;

  /** Names the device of a family, on its head. False when the family has none, or is another user's. */
  abstract rename(
    user: UserId,
    grantId: string,
    name: string | null,
    transaction: Transaction,
  ): Promise<boolean>;

  /** Lets nobody else hold this user until `transaction` ends, so that what is counted stays true. */
  abstract hold(user: UserId, transaction: Transaction): Promise<void>;
}
