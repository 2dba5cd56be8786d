import { Injectable } from '@nestjs/common';
import { ApiKeyStore } from '../../api-keys/api-key.store.js';
import type { ApiKey, ApiKeyChanges, ApiKeyUse } from '../../api-keys/api-key.js';
import type { PageRequest } from '../../page.js';
import type { Transaction } from '../../transactions/transaction.js';
import { assertStorable } from '../storable-text.js';
import { MemoryDatabase, type MemoryTable } from './memory-database.js';

@Injectable()
export class MemoryApiKeyStore extends ApiKeyStore {
  private readonly keys: MemoryTable<ApiKey>;

  constructor(private readonly database: MemoryDatabase) {
    super();
    this.keys = database.table();
  }

  async insert(key: ApiKey, transaction: Transaction): Promise<boolean> {
    assertStorable(key, identifiersOf(key));
    const isTaken = ({ id, isForeign, secretHash }: ApiKey) =>
      id === key.id || (key.isForeign && isForeign && secretHash === key.secretHash);
    if (this.keys.filter(isTaken, transaction).length > 0) return false;
    this.keys.set(key.id, key, transaction);
    return true;
  }

  async find(id: string, transaction?: Transaction): Promise<ApiKey | null> {
    return this.keys.get(id, transaction) ?? null;
  }

  async findForeign(secretHash: string): Promise<ApiKey | null> {
    const [key] = this.keys.filter((found) => found.isForeign && found.secretHash === secretHash);
    return key ?? null;
  }

  async listByClient(clientId: string, { limit, after }: PageRequest): Promise<readonly ApiKey[]> {
    const keys = this.keys.filter((key) => key.clientId === clientId).sort(newestFirst);
    if (after === undefined) return keys.slice(0, limit);
    const start = keys.findIndex(({ id }) => id === after) + 1;
    return start === 0 ? [] : keys.slice(start, start + limit);
  }

  async update(id: string, changes: ApiKeyChanges, transaction: Transaction): Promise<boolean> {
    assertStorable(changes, []);
    const key = this.keys.get(id, transaction);
    if (key?.revokedAt !== null) return false;
    this.keys.set(id, { ...key, ...changes }, transaction);
    return true;
  }

  async supersede(
    id: string,
    { replacedBy, at, endsAt }: { replacedBy: string; at: Date; endsAt: Date },
    transaction: Transaction,
  ): Promise<boolean> {
    assertStorable({}, [replacedBy]);
    const key = this.keys.get(id, transaction);
    if (key?.revokedAt !== null || key.replacedBy !== null) return false;
    if (key.expiresAt !== null && key.expiresAt <= at) return false;
    const endsSooner = key.expiresAt !== null && key.expiresAt < endsAt;
    const expiresAt = endsSooner ? key.expiresAt : endsAt;
    this.keys.set(id, { ...key, replacedBy, expiresAt }, transaction);
    return true;
  }

  async revoke(id: string, at: Date, transaction: Transaction): Promise<boolean> {
    const key = this.keys.get(id, transaction);
    if (key?.revokedAt !== null) return false;
    this.keys.set(id, { ...key, revokedAt: at }, transaction);
    return true;
  }

  async recordUses(uses: readonly ApiKeyUse[], transaction: Transaction): Promise<void> {
    for (const use of uses) {
      const key = this.keys.get(use.apiKeyId, transaction);
      if (key === undefined) continue;
      const isLater = key.lastUsedAt === null || key.lastUsedAt < use.lastUsedAt;
      const lastUsedAt = isLater ? use.lastUsedAt : key.lastUsedAt;
      const useCount = key.useCount + use.count;
      this.keys.set(key.id, { ...key, lastUsedAt, useCount }, transaction);
    }
  }

  async prune(before: Date): Promise<number> {
    return this.database.run(async (transaction) => {
      const ended = this.keys.filter(
        ({ revokedAt, expiresAt }) =>
          (revokedAt !== null && revokedAt < before) || (expiresAt !== null && expiresAt < before),
        transaction,
      );
      for (const { id } of ended) this.keys.delete(id, transaction);
      return ended.length;
    });
  }
}

const identifiersOf = ({ id, clientId, user }: ApiKey): string[] =>
  user === null ? [id, clientId] : [id, clientId, user.issuer, user.subject];

const newestFirst = (a: ApiKey, b: ApiKey): number =>
  b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : -1);
