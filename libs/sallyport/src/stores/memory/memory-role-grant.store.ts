import { Injectable } from '@nestjs/common';
import { RoleGrantStore } from '../../role-grants/role-grant.store.js';
import type { RoleGrant } from '../../role-grants/role-grant.js';
import type { Transaction } from '../../transactions/transaction.js';
import type { UserId } from '../../users/user.js';
import { assertStorable } from '../storable-text.js';
import { MemoryDatabase, type MemoryTable } from './memory-database.js';

type GrantKey = Pick<RoleGrant, 'user' | 'clientId' | 'role'>;

@Injectable()
export class MemoryRoleGrantStore extends RoleGrantStore {
  private readonly grants: MemoryTable<RoleGrant>;

  constructor(database: MemoryDatabase) {
    super();
    this.grants = database.table();
  }

  async insert(grant: RoleGrant, transaction: Transaction): Promise<boolean> {
    const { user, clientId, role } = grant;
    assertStorable(grant, [user.issuer, user.subject, clientId ?? '', role]);
    if (this.grants.get(keyOf(grant), transaction)) return false;
    this.grants.set(keyOf(grant), grant, transaction);
    return true;
  }

  async remove(grant: GrantKey, transaction: Transaction): Promise<boolean> {
    if (!this.grants.get(keyOf(grant), transaction)) return false;
    this.grants.delete(keyOf(grant), transaction);
    return true;
  }

  async listByUser(user: UserId): Promise<readonly RoleGrant[]> {
    return this.grants
      .filter((grant) => grant.user.issuer === user.issuer && grant.user.subject === user.subject)
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  }
}

const keyOf = ({ user, clientId, role }: GrantKey): string =>
  JSON.stringify([user.issuer, user.subject, clientId, role]);
