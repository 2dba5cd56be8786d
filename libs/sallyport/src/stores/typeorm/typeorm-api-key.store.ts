import { Injectable } from '@nestjs/common';
import { IsNull, LessThan } from 'typeorm';
import { ApiKeyStore } from '../../api-keys/api-key.store.js';
import type { ApiKey, ApiKeyChanges, ApiKeyUse } from '../../api-keys/api-key.js';
import type { PageRequest } from '../../page.js';
import type { Transaction } from '../../transactions/transaction.js';
import { assertStorable, isStorable } from '../storable-text.js';
import { ApiKeyEntity } from './entities/api-key.entity.js';
import { insertUnlessTaken, tableOf } from './rows.js';
import { TypeOrmTransactions } from './typeorm-transactions.js';

@Injectable()
export class TypeOrmApiKeyStore extends ApiKeyStore {
  constructor(private readonly database: TypeOrmTransactions) {
    super();
  }

  async insert(key: ApiKey, transaction: Transaction): Promise<boolean> {
    const { id, secretHash, clientId, user } = key;
    assertStorable(key, [id, secretHash, clientId, user?.issuer ?? '', user?.subject ?? '']);
    return this.database.query(
      (manager) => insertUnlessTaken(manager, ApiKeyEntity, rowOf(key)),
      transaction,
    );
  }

  async find(id: string, transaction?: Transaction): Promise<ApiKey | null> {
    if (!isStorable(id)) return null;
    const row = await this.database.findOne(ApiKeyEntity, { id }, transaction);
    return row && apiKeyOf(row);
  }

  async findForeign(secretHash: string): Promise<ApiKey | null> {
    if (!isStorable(secretHash)) return null;
    return this.database.query(async (manager) => {
      const row = await manager.findOneBy(ApiKeyEntity, { secretHash, isForeign: true });
      return row && apiKeyOf(row);
    });
  }

  async listByClient(clientId: string, { limit, after }: PageRequest): Promise<readonly ApiKey[]> {
    if (!isStorable(clientId) || (after !== undefined && !isStorable(after))) return [];
    return this.database.query(async (manager) => {
      const page = manager
        .createQueryBuilder(ApiKeyEntity, 'key')
        .where('key.clientId = :clientId', { clientId })
        .orderBy({ 'key.createdAt': 'DESC', 'key.id': 'DESC' })
        .limit(limit);
      if (after !== undefined) {
        const last = `SELECT created_at, id FROM ${tableOf(manager, ApiKeyEntity)} WHERE id = :after AND client_id = :clientId`;
        page.andWhere(`(key.createdAt, key.id) < (${last})`, { after });
      }
      return (await page.getMany()).map(apiKeyOf);
    });
  }

  async update(id: string, changes: ApiKeyChanges, transaction: Transaction): Promise<boolean> {
    assertStorable(changes, []);
    if (!isStorable(id)) return false;
    const { scope, addressRanges, ...others } = changes;
    return this.change(
      id,
      {
        id, // so that there is something to set when nothing changes
        ...others,
        ...(scope && { scope: [...scope] }),
        ...(addressRanges && { addressRanges: [...addressRanges] }),
      },
      transaction,
    );
  }

  async supersede(
    id: string,
    { replacedBy, at, endsAt }: { replacedBy: string; at: Date; endsAt: Date },
    transaction: Transaction,
  ): Promise<boolean> {
    assertStorable({}, [replacedBy]);
    if (!isStorable(id)) return false;
    return this.database.query(async (manager) => {
      const { affected } = await manager
        .createQueryBuilder()
        .update(ApiKeyEntity)
        // LEAST passes over null.
        .set({ replacedBy, expiresAt: () => 'LEAST(expires_at, CAST(:endsAt AS timestamptz))' })
        .where('id = :id AND revoked_at IS NULL AND replaced_by IS NULL', { id, endsAt })
        .andWhere('(expires_at IS NULL OR expires_at > :at)', { at })
        .execute();
      return affected === 1;
    }, transaction);
  }

  async revoke(id: string, at: Date, transaction: Transaction): Promise<boolean> {
    return isStorable(id) && this.change(id, { revokedAt: at }, transaction);
  }

  async recordUses(uses: readonly ApiKeyUse[], transaction: Transaction): Promise<void> {
    const recorded = uses.filter(({ apiKeyId }) => isStorable(apiKeyId));
    if (recorded.length === 0) return;
    await this.database.query((manager) => {
      const table = tableOf(manager, ApiKeyEntity);
      // Rows are locked in the order of their ids, so that two instances never wait for each other.
      return manager.query(
        `WITH uses AS (
           SELECT id, sum(count) AS count, max(used_at) AS used_at
             FROM unnest($1::text[], $2::bigint[], $3::timestamptz[]) AS use (id, count, used_at)
            GROUP BY id
         ), locked AS (
           SELECT key.id FROM ${table} AS key JOIN uses ON uses.id = key.id
            ORDER BY key.id FOR NO KEY UPDATE OF key
         )
         UPDATE ${table} AS key
            SET use_count = key.use_count + uses.count,
                last_used_at = GREATEST(key.last_used_at, uses.used_at)
           FROM uses, locked
          WHERE key.id = uses.id AND key.id = locked.id`,
        [
          recorded.map(({ apiKeyId }) => apiKeyId),
          recorded.map(({ count }) => count),
          recorded.map(({ lastUsedAt }) => lastUsedAt),
        ],
      );
    }, transaction);
  }

  async prune(before: Date): Promise<number> {
    return this.database.query(async (manager) => {
      const ended = [{ revokedAt: LessThan(before) }, { expiresAt: LessThan(before) }];
      return (await manager.delete(ApiKeyEntity, ended)).affected ?? 0;
    });
  }

  /** Changes a key that is not revoked. */
  private async change(
    id: string,
    changes: Partial<ApiKeyEntity>,
    transaction: Transaction,
  ): Promise<boolean> {
    return this.database.query(async (manager) => {
      const standing = { id, revokedAt: IsNull() };
      return (await manager.update(ApiKeyEntity, standing, changes)).affected === 1;
    }, transaction);
  }
}

function rowOf({ user, ...key }: ApiKey) {
  return {
    ...key,
    userIssuer: user?.issuer ?? null,
    userSubject: user?.subject ?? null,
    scope: [...key.scope],
    addressRanges: [...key.addressRanges],
  };
}

function apiKeyOf({ userIssuer, userSubject, ...key }: ApiKeyEntity): ApiKey {
  const isPersonal = userIssuer !== null && userSubject !== null;
  return { ...key, user: isPersonal ? { issuer: userIssuer, subject: userSubject } : null };
}
