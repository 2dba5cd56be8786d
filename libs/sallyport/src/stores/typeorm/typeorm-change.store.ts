import { Injectable } from '@nestjs/common';
import { ChangeStore } from '../../audit/change.store.js';
import type { Change } from '../../audit/change.js';
import type { Transaction } from '../../transactions/transaction.js';
import { assertStorable, isLongIdentifier, isStorable } from '../storable-text.js';
import { ChangeEntity } from './entities/change.entity.js';
import { insertRow, recordOf } from './rows.js';
import { TypeOrmTransactions } from './typeorm-transactions.js';

@Injectable()
export class TypeOrmChangeStore extends ChangeStore {
  constructor(private readonly database: TypeOrmTransactions) {
    super();
  }

  async append(change: Change, transaction: Transaction): Promise<void> {
    assertStorable(change, [change.object], isLongIdentifier);
    await this.database.query((manager) => insertRow(manager, ChangeEntity, change), transaction);
  }

  async listByObject(object: string, limit: number): Promise<readonly Change[]> {
    if (!isStorable(object)) return [];
    return this.database.query(async (manager) => {
      const rows = await manager.find(ChangeEntity, {
        where: { object },
        order: { at: 'DESC', id: 'DESC' },
        take: limit,
      });
      return rows.map(recordOf);
    });
  }
}
