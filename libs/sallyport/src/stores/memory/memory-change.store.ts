import { Injectable } from '@nestjs/common';
import { ChangeStore } from '../../audit/change.store.js';
import type { Change } from '../../audit/change.js';
import type { Transaction } from '../../transactions/transaction.js';
import { assertStorable, isLongIdentifier } from '../storable-text.js';
import { MemoryDatabase, type MemoryTable } from './memory-database.js';

@Injectable()
export class MemoryChangeStore extends ChangeStore {
  private readonly changes: MemoryTable<Change>;

  constructor(database: MemoryDatabase) {
    super();
    this.changes = database.table();
  }

  async append(change: Change, transaction: Transaction): Promise<void> {
    assertStorable(change, [change.object], isLongIdentifier);
    this.changes.set(change.id, change, transaction);
  }

  async listByObject(object: string, limit: number): Promise<readonly Change[]> {
    return this.changes
      .filter((change) => change.object === object)
      .sort((a, b) => b.at.getTime() - a.at.getTime() || (a.id < b.id ? 1 : -1))
      .slice(0, limit);
  }
}
