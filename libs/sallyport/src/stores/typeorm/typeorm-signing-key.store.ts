import { Injectable } from '@nestjs/common';
import { In, type EntityManager } from 'typeorm';
import { SigningKeyStore } from '../../signing-keys/signing-key.store.js';
import type { SigningKey, SigningKeyState } from '../../signing-keys/signing-key.js';
import type { Transaction } from '../../transactions/transaction.js';
import { assertStorable, isStorable } from '../storable-text.js';
import { SigningKeyEntity } from './entities/signing-key.entity.js';
import { insertUnlessTaken, recordOf, tableOf } from './rows.js';
import { TypeOrmTransactions } from './typeorm-transactions.js';

@Injectable()
export class TypeOrmSigningKeyStore extends SigningKeyStore {
  constructor(private readonly database: TypeOrmTransactions) {
    super();
  }

  async insert(key: SigningKey, transaction: Transaction): Promise<boolean> {
    assertStorable(key, [key.kid]);
    return this.database.query(async (manager) => {
      await lockOutOtherWriters(manager);
      return insertUnlessTaken(manager, SigningKeyEntity, { ...key });
    }, transaction);
  }

  async listCurrent(): Promise<readonly SigningKey[]> {
    return this.database.query(async (manager) => {
      const rows = await manager.find(SigningKeyEntity, {
        where: { state: In(['next', 'active', 'retiring'] satisfies SigningKeyState[]) },
        order: { createdAt: 'ASC', kid: 'ASC' },
      });
      return rows.map(recordOf);
    });
  }

  async move(
    kid: string,
    from: SigningKeyState,
    to: SigningKeyState,
    at: Date,
    transaction: Transaction,
  ): Promise<boolean> {
    if (!isStorable(kid)) return false;
    return this.database.query(async (manager) => {
      await lockOutOtherWriters(manager);
      const { affected } = await manager
        .createQueryBuilder()
        .update(SigningKeyEntity)
        .set({ state: to, stateSince: at })
        .where('kid = :kid AND state = :from', { kid, from })
        .andWhere(
          `(:to::text NOT IN ('next', 'active') OR NOT EXISTS (
             SELECT FROM ${tableOf(manager, SigningKeyEntity)} AS other WHERE other.state = :to))`,
          { to },
        )
        .execute();
      return affected === 1;
    }, transaction);
  }
}

/**
 * One writer at a time, until its transaction ends: else two moves to `active` would meet in the unique
 * index, whose error would spoil the transaction. Readers are not held up, and a rotation is rare.
 */
const lockOutOtherWriters = (manager: EntityManager): Promise<unknown> =>
  manager.query(`LOCK TABLE ${tableOf(manager, SigningKeyEntity)} IN SHARE ROW EXCLUSIVE MODE`);
