import { Injectable } from '@nestjs/common';
import { changeOf } from '../audit/change-of.js';
import { ChangeStore } from '../audit/change.store.js';
import type { ChangedBy } from '../audit/change.js';
import type { RecordCache } from '../cache/record-cache.js';
import { Clock } from '../clock.js';
import { SallyportError } from '../errors.js';
import { isPromise, type MaybePromise } from '../maybe-promise.js';
import { Randomness, uuidv7 } from '../randomness.js';
import { KnownRecords } from '../revocation/replica/known-records.js';
import { RevocationService } from '../revocation/revocation.service.js';
import { Transactions, type Transaction } from '../transactions/transaction.js';
import { userOf, userRecord, userRecordId } from '../users/user-record.js';
import type { UserId } from '../users/user.js';
import { RoleGrantStore } from './role-grant.store.js';
import type { RoleGrant } from './role-grant.js';
import { isRoleName, RoleHierarchy } from './role-hierarchy.js';

/** A role of a user in one client, or (null) in any. */
export type RoleAssignment = Pick<RoleGrant, 'user' | 'clientId' | 'role'>;

/** Grants roles to users. Each change makes the user's older tokens there stale. */
@Injectable()
export class RoleGrantService {
  private readonly grants: RecordCache<RolesByClient>;

  constructor(
    private readonly store: RoleGrantStore,
    private readonly hierarchy: RoleHierarchy,
    private readonly revocations: RevocationService,
    private readonly transactions: Transactions,
    private readonly changes: ChangeStore,
    private readonly clock: Clock,
    private readonly randomness: Randomness,
    records: KnownRecords,
  ) {
    const load = async (id: string): Promise<RolesByClient> => {
      const grants = await this.store.listByUser(userOf(id));
      return new RolesByClient((clientId) => this.rolesAmong(grants, clientId));
    };
    this.grants = records.cache(load, userRecord);
  }

  /** False when the user has the role there already. Throws ERR_INPUT_INVALID for a role that is not configured. */
  async grant(
    assignment: RoleAssignment,
    by: ChangedBy,
    transaction?: Transaction,
  ): Promise<boolean> {
    this.assertRole(assignment.role);
    const grantedAt = this.clock.now();
    const { user, clientId, role } = assignment;
    const grant = { id: uuidv7(this.randomness, grantedAt), user, clientId, role };
    return this.change('role.granted', assignment, by, transaction, (inner) =>
      this.store.insert({ ...grant, grantedAt, grantedBy: by.actor }, inner),
    );
  }

  /** False when there was nothing to withdraw. Roles no longer configured can be withdrawn too. */
  async withdraw(
    assignment: RoleAssignment,
    by: ChangedBy,
    transaction?: Transaction,
  ): Promise<boolean> {
    return this.change('role.withdrawn', assignment, by, transaction, (inner) =>
      this.store.remove(assignment, inner),
    );
  }

  listByUser(user: UserId): Promise<readonly RoleGrant[]> {
    return this.store.listByUser(user);
  }

  /**
   * Roles in this client, inherited ones included, as they are known here: at once if they are, and the same set until
   * a change, which is told to every instance.
   */
  rolesOf(user: UserId, clientId: string): MaybePromise<ReadonlySet<string>> {
    const known = this.grants.find(userRecordId(user));
    return isPromise(known) ? known.then((roles) => roles.in(clientId)) : known.in(clientId);
  }

  /** As `rolesOf`, but as they are now: for what is written into a token that outlives the moment. */
  async currentRolesOf(user: UserId, clientId: string): Promise<ReadonlySet<string>> {
    return this.rolesAmong(await this.store.listByUser(user), clientId);
  }

  private rolesAmong(grants: readonly RoleGrant[], clientId: string): ReadonlySet<string> {
    return this.hierarchy.expand(
      grants
        .filter((grant) => grant.clientId === null || grant.clientId === clientId)
        .map(({ role }) => role),
    );
  }

  private async change(
    action: 'role.granted' | 'role.withdrawn',
    { user, clientId, role }: RoleAssignment,
    by: ChangedBy,
    outer: Transaction | undefined,
    write: (transaction: Transaction) => Promise<boolean>,
  ): Promise<boolean> {
    const changed = await this.transactions.run(async (inner) => {
      if (!(await write(inner))) return false;
      await this.revocations.raiseRoleVersion(user, clientId, by, inner);
      const { issuer, subject } = user;
      await this.revocations.recordChanged({ kind: 'user-record', issuer, subject }, by, inner);
      const what = {
        action,
        object: user.subject,
        details: { issuer: user.issuer, clientId, role },
      };
      await this.changes.append(changeOf(what, by, this.clock.now(), this.randomness), inner);
      return true;
    }, outer);
    if (changed && outer === undefined) await this.revocations.publish();
    return changed;
  }

  private assertRole(role: string): void {
    if (isRoleName(role) && (!this.hierarchy.isUsed || this.hierarchy.has(role))) return;
    throw new SallyportError('ERR_INPUT_INVALID', {
      reason: `role ${JSON.stringify(role)} is not configured`,
      detail: 'role must be one of the configured roles',
    });
  }
}

/** Of one user. Worked out when a client is first asked about. */
class RolesByClient {
  private readonly known = new Map<string, ReadonlySet<string>>();

  constructor(private readonly work: (clientId: string) => ReadonlySet<string>) {}

  in(clientId: string): ReadonlySet<string> {
    const known = this.known.get(clientId) ?? this.work(clientId);
    this.known.set(clientId, known);
    return known;
  }
}
