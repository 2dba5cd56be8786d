import type { Transaction } from '../transactions/transaction.js';
import type { UserId } from '../users/user.js';
import type { RoleGrant } from './role-grant.js';

/** Port. A grant is unique by (user, client or any, role). */
export abstract class RoleGrantStore {
  /** False when the user already has this role there. Atomic. */
  abstract insert(grant: RoleGrant, transaction: Transaction): Promise<boolean>;

  /** Reports whether this call withdrew it. Atomic. */
  abstract remove(
    grant: Pick<RoleGrant, 'user' | 'clientId' | 'role'>,
    transaction: Transaction,
  ): Promise<boolean>;

  abstract listByUser(user: UserId): Promise<readonly RoleGrant[]>;
}
