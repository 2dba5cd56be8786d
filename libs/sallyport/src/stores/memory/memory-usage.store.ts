import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../transactions/transaction.js';
import type { UsageQuery, UsageTotal } from '../../usage/usage-query.js';
import { UsageStore } from '../../usage/usage.store.js';
import {
  ERASED,
  GRANULARITIES,
  rowKey,
  startOf,
  sumOf,
  type ClientUse,
  type Granularity,
  type UsageRow,
} from '../../usage/usage.js';
import type { UserId } from '../../users/user.js';
import { MemoryDatabase, type MemoryTable } from './memory-database.js';
import { totalsOf, type StoredUsage } from './memory-usage-totals.js';

@Injectable()
export class MemoryUsageStore extends UsageStore {
  private readonly rows: MemoryTable<StoredUsage>;
  private readonly batches: MemoryTable<{ readonly id: string; readonly at: Date }>;
  private readonly clients: MemoryTable<ClientUse>;

  constructor(private readonly database: MemoryDatabase) {
    super();
    this.rows = database.table();
    this.batches = database.table();
    this.clients = database.table();
  }

  async claim(
    batchIds: readonly string[],
    at: Date,
    transaction: Transaction,
  ): Promise<readonly string[]> {
    const fresh = [...new Set(batchIds)].filter((id) => !this.batches.get(id, transaction));
    for (const id of fresh) this.batches.set(id, { id, at }, transaction);
    return fresh;
  }

  async add(rows: readonly UsageRow[], transaction: Transaction): Promise<void> {
    for (const row of rows) {
      for (const granularity of GRANULARITIES) {
        const startsAt = startOf(granularity, row.startsAt);
        this.put({ ...row, granularity, startsAt }, transaction);
      }
    }
  }

  async recordClientUses(uses: readonly ClientUse[], transaction: Transaction): Promise<void> {
    for (const use of uses) {
      const known = this.clients.get(use.clientId, transaction);
      const isLater = known === undefined || known.lastUsedAt < use.lastUsedAt;
      const lastUsedAt = isLater ? use.lastUsedAt : known.lastUsedAt;
      const count = (known?.count ?? 0) + use.count;
      this.clients.set(use.clientId, { ...use, count, lastUsedAt }, transaction);
    }
  }

  async clientUse(clientId: string): Promise<ClientUse | null> {
    return this.clients.get(clientId) ?? null;
  }

  async query(query: UsageQuery): Promise<readonly UsageTotal[]> {
    return totalsOf(
      this.rows.filter(() => true),
      query,
    );
  }

  async eraseUser({ issuer, subject }: UserId, limit: number): Promise<number> {
    return this.database.run(async (transaction) => {
      const rows = this.rows
        .filter(
          (row) => subject !== '' && row.userIssuer === issuer && row.userSubject === subject,
          transaction,
        )
        .slice(0, limit);
      for (const row of rows) {
        this.rows.delete(keyOf(row), transaction);
        const nameless = { apiKeyId: '', address: '', country: '', userAgent: '' };
        this.put({ ...row, ...nameless, userIssuer: ERASED, userSubject: ERASED }, transaction);
      }
      return rows.length;
    });
  }

  async prune(granularity: Granularity, before: Date, limit: number): Promise<number> {
    return this.database.run(async (transaction) => {
      const old = this.rows
        .filter((row) => row.granularity === granularity && row.startsAt < before, transaction)
        .slice(0, limit);
      for (const row of old) this.rows.delete(keyOf(row), transaction);
      return old.length;
    });
  }

  async pruneBatches(before: Date, limit: number): Promise<number> {
    return this.database.run(async (transaction) => {
      const old = this.batches.filter(({ at }) => at < before, transaction).slice(0, limit);
      for (const { id } of old) this.batches.delete(id, transaction);
      return old.length;
    });
  }

  private put(row: StoredUsage, transaction: Transaction): void {
    const known = this.rows.get(keyOf(row), transaction);
    const sums = known === undefined ? { cost: Math.round(row.cost) } : sumOf(known, row);
    this.rows.set(keyOf(row), { ...row, ...sums }, transaction);
  }
}

const keyOf = (row: StoredUsage): string => `${row.granularity} ${rowKey(row)}`;
