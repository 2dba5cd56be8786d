import { Injectable } from '@nestjs/common';
import { In, type EntityManager, type EntityTarget } from 'typeorm';
import type { EncryptionKey } from '../../encryption-keys/encryption-key.js';
import { RotatedKeyStore } from '../../key-rotation/rotated-key.store.js';
import type { KeyState, RotatedKey } from '../../key-rotation/rotated-key.js';
import type { SigningKey } from '../../signing-keys/signing-key.js';
import type { Transaction } from '../../transactions/transaction.js';
import { assertStorable, isStorable } from '../storable-text.js';
import { EncryptionKeyEntity } from './entities/encryption-key.entity.js';
import { SigningKeyEntity } from './entities/signing-key.entity.js';
import { insertUnlessTaken, recordOf, tableOf } from './rows.js';
import { TypeOrmTransactions } from './typeorm-transactions.js';

abstract class TypeOrmRotatedKeyStore<Key extends RotatedKey> extends RotatedKeyStore<Key> {
  constructor(
    private readonly database: TypeOrmTransactions,
    /** Whose algorithm is Key's. */
    private readonly entity: EntityTarget<RotatedKey>,
  ) {
    super();
  }

  async insert(key: Key, transaction: Transaction): Promise<boolean> {
    assertStorable(key, [key.kid]);
    return this.database.query(async (manager) => {
      await lockOutOtherWriters(manager, this.entity);
      return insertUnlessTaken(manager, this.entity, { ...key });
    }, transaction);
  }

  async listCurrent(): Promise<readonly Key[]> {
    return this.database.query(async (manager) => {
      const rows = await manager.find(this.entity, {
        where: { state: In(['next', 'active', 'retiring'] satisfies KeyState[]) },
        order: { createdAt: 'ASC', kid: 'ASC' },
      });
      return rows.map((row) => recordOf(row) as Key);
    });
  }

  async move(
    kid: string,
    from: KeyState,
    to: KeyState,
    at: Date,
    transaction: Transaction,
  ): Promise<boolean> {
    if (!isStorable(kid)) return false;
    return this.database.query(async (manager) => {
      await lockOutOtherWriters(manager, this.entity);
      const { affected } = await manager
        .createQueryBuilder()
        .update(this.entity)
        .set({ state: to, stateSince: at })
        .where('kid = :kid AND state = :from', { kid, from })
        .andWhere(
          `(:to::text NOT IN ('next', 'active') OR NOT EXISTS (
             SELECT FROM ${tableOf(manager, this.entity)} AS other WHERE other.state = :to))`,
          { to },
        )
        .execute();
      return affected === 1;
    }, transaction);
  }
}

@Injectable()
export class TypeOrmSigningKeyStore extends TypeOrmRotatedKeyStore<SigningKey> {
  constructor(database: TypeOrmTransactions) {
    super(database, SigningKeyEntity);
  }
}

@Injectable()
export class TypeOrmEncryptionKeyStore extends TypeOrmRotatedKeyStore<EncryptionKey> {
  constructor(database: TypeOrmTransactions) {
    super(database, EncryptionKeyEntity);
  }
}

/**
 * One writer at a time, until its transaction ends: else two moves to `active` would meet in the unique
 * index, whose error would spoil the transaction. Readers are not held up, and a rotation is rare.
 */
const lockOutOtherWriters = (
  manager: EntityManager,
  entity: EntityTarget<RotatedKey>,
): Promise<unknown> =>
  manager.query(`LOCK TABLE ${tableOf(manager, entity)} IN SHARE ROW EXCLUSIVE MODE`);
