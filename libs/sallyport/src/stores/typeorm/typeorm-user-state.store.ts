import { Injectable } from '@nestjs/common';
import { IsNull, Not } from 'typeorm';
import type { Transaction } from '../../transactions/transaction.js';
import { UserStateStore } from '../../users/user-state.store.js';
import type { UserId, UserState } from '../../users/user.js';
import { assertStorable, isStorable } from '../storable-text.js';
import { UserStateEntity } from './entities/user-state.entity.js';
import { tableOf } from './rows.js';
import { TypeOrmTransactions } from './typeorm-transactions.js';

@Injectable()
export class TypeOrmUserStateStore extends UserStateStore {
  constructor(private readonly database: TypeOrmTransactions) {
    super();
  }

  async find({ issuer, subject }: UserId): Promise<UserState | null> {
    if (!isStorable(issuer) || !isStorable(subject)) return null;
    return this.database.findOne(UserStateEntity, { issuer, subject });
  }

  async suspend({ issuer, subject }: UserId, at: Date, transaction: Transaction): Promise<boolean> {
    assertStorable({}, [issuer, subject]);
    return this.database.query(async (manager) => {
      const rows = await manager.query<unknown[]>(
        `INSERT INTO ${tableOf(manager, UserStateEntity)} AS present (issuer, subject, suspended_at)
         VALUES ($1, $2, $3)
         ON CONFLICT (issuer, subject) DO UPDATE SET suspended_at = EXCLUDED.suspended_at
           WHERE present.suspended_at IS NULL
         RETURNING subject`,
        [issuer, subject, at],
      );
      return rows.length === 1;
    }, transaction);
  }

  async reinstate({ issuer, subject }: UserId, transaction: Transaction): Promise<boolean> {
    if (!isStorable(issuer) || !isStorable(subject)) return false;
    return this.database.query(async (manager) => {
      const suspended = { issuer, subject, suspendedAt: Not(IsNull()) };
      const { affected } = await manager.update(UserStateEntity, suspended, { suspendedAt: null });
      return affected === 1;
    }, transaction);
  }
}
