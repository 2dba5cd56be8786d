import { Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import type { Transaction } from '../../transactions/transaction.js';
import { AuthorizationCodeStore } from '../../user-tokens/authorization-code.store.js';
import type { AuthorizationCode } from '../../user-tokens/authorization-code.js';
import { assertStorable, isStorable } from '../storable-text.js';
import { AuthorizationCodeEntity } from './entities/authorization-code.entity.js';
import { insertRow } from './rows.js';
import { TypeOrmTransactions } from './typeorm-transactions.js';

@Injectable()
export class TypeOrmAuthorizationCodeStore extends AuthorizationCodeStore {
  constructor(private readonly database: TypeOrmTransactions) {
    super();
  }

  async insert(code: AuthorizationCode, transaction: Transaction): Promise<void> {
    assertStorable(code, [code.codeHash, code.grantId]);
    await this.database.query(
      (manager) => insertRow(manager, AuthorizationCodeEntity, code),
      transaction,
    );
  }

  async find(codeHash: string): Promise<AuthorizationCode | null> {
    if (!isStorable(codeHash)) return null;
    return this.database.findOne(AuthorizationCodeEntity, { codeHash });
  }

  async consume(codeHash: string, at: Date, transaction: Transaction): Promise<boolean> {
    if (!isStorable(codeHash)) return false;
    return this.database.query(async (manager) => {
      const unspent = { codeHash, consumedAt: IsNull() };
      const { affected } = await manager.update(AuthorizationCodeEntity, unspent, {
        consumedAt: at,
      });
      return affected === 1;
    }, transaction);
  }
}
