import { Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import { RoleGrantStore } from '../../role-grants/role-grant.store.js';
import type { RoleGrant } from '../../role-grants/role-grant.js';
import type { Transaction } from '../../transactions/transaction.js';
import type { UserId } from '../../users/user.js';
import { assertStorable, isStorable } from '../storable-text.js';
import { RoleGrantEntity } from './entities/role-grant.entity.js';
import { insertUnlessTaken } from './rows.js';
import { TypeOrmTransactions } from './typeorm-transactions.js';

@Injectable()
export class TypeOrmRoleGrantStore extends RoleGrantStore {
  constructor(private readonly database: TypeOrmTransactions) {
    super();
  }

  async insert(grant: RoleGrant, transaction: Transaction): Promise<boolean> {
    const { user, ...others } = grant;
    const row = { ...others, issuer: user.issuer, subject: user.subject };
    assertStorable(grant, [row.issuer, row.subject, row.clientId ?? '', row.role]);
    return this.database.query(
      (manager) => insertUnlessTaken(manager, RoleGrantEntity, row),
      transaction,
    );
  }

  async remove(
    { user, clientId, role }: Pick<RoleGrant, 'user' | 'clientId' | 'role'>,
    transaction: Transaction,
  ): Promise<boolean> {
    const { issuer, subject } = user;
    if (![issuer, subject, clientId ?? '', role].every(isStorable)) return false;
    return this.database.query(async (manager) => {
      const grant = { issuer, subject, role, clientId: clientId ?? IsNull() };
      return (await manager.delete(RoleGrantEntity, grant)).affected === 1;
    }, transaction);
  }

  async listByUser({ issuer, subject }: UserId): Promise<readonly RoleGrant[]> {
    if (!isStorable(issuer) || !isStorable(subject)) return [];
    return this.database.query(async (manager) => {
      const where = { issuer, subject };
      const rows = await manager.find(RoleGrantEntity, { where, order: { id: 'ASC' } });
      return rows.map(roleGrantOf);
    });
  }
}

const roleGrantOf = ({ issuer, subject, ...grant }: RoleGrantEntity): RoleGrant => ({
  ...grant,
  user: { issuer, subject },
});
