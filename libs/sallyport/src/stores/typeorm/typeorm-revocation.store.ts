import { Injectable } from '@nestjs/common';
import { MoreThan, MoreThanOrEqual } from 'typeorm';
import { RevocationStore } from '../../revocation/revocation.store.js';
import type {
  Revocation,
  RevocationKey,
  RevocationKind,
  RevocationMark,
} from '../../revocation/revocation.js';
import type { Transaction } from '../../transactions/transaction.js';
import { assertStorable, isLongIdentifier, isStorable } from '../storable-text.js';
import { RevocationEntity } from './entities/revocation.entity.js';
import { tableOf } from './rows.js';
import { TypeOrmTransactions } from './typeorm-transactions.js';

interface MarkRow {
  readonly key: RevocationKey;
  readonly epoch: number;
  readonly revoked_at: Date | null;
}

@Injectable()
export class TypeOrmRevocationStore extends RevocationStore {
  constructor(private readonly database: TypeOrmTransactions) {
    super();
  }

  async raise(
    revocation: Omit<Revocation, 'epoch'>,
    transaction: Transaction,
  ): Promise<RevocationMark> {
    const { key, kind, revokedAt, actor, reason, changedAt } = revocation;
    assertStorable(revocation, [key], isLongIdentifier);
    return this.database.query(async (manager) => {
      // GREATEST passes over null.
      const [row] = await manager.query<[MarkRow]>(
        `INSERT INTO ${tableOf(manager, RevocationEntity)} AS present
           (key, kind, epoch, revoked_at, actor, reason, changed_at, is_published)
         VALUES ($1, $2, 1, $3, $4, $5, $6, false)
         ON CONFLICT (key) DO UPDATE SET
           epoch = present.epoch + 1,
           revoked_at = GREATEST(present.revoked_at, EXCLUDED.revoked_at),
           actor = EXCLUDED.actor,
           reason = EXCLUDED.reason,
           changed_at = GREATEST(present.changed_at, EXCLUDED.changed_at),
           is_published = false
         RETURNING key, epoch, revoked_at`,
        [key, kind, revokedAt, actor, reason, changedAt],
      );
      return markOf(row);
    }, transaction);
  }

  async marks(
    keys: readonly RevocationKey[],
    transaction?: Transaction,
  ): Promise<readonly (RevocationMark | null)[]> {
    const rows = await this.database.query(
      (manager) =>
        manager.query<MarkRow[]>(
          `SELECT key, epoch, revoked_at FROM ${tableOf(manager, RevocationEntity)} WHERE key = ANY($1)`,
          [keys.filter(isStorable)],
        ),
      transaction,
    );
    const marks = new Map(rows.map((row) => [row.key, markOf(row)]));
    return keys.map((key) => marks.get(key) ?? null);
  }

  async unpublished(limit: number): Promise<readonly Revocation[]> {
    return this.database.query(async (manager) => {
      const rows = await manager.find(RevocationEntity, {
        where: { isPublished: false },
        order: { changedAt: 'ASC', key: 'ASC' },
        take: limit,
      });
      return rows.map(revocationOf);
    });
  }

  async markPublished(published: readonly Pick<Revocation, 'key' | 'epoch'>[]): Promise<void> {
    if (published.length === 0) return;
    await this.database.query((manager) => {
      const table = tableOf(manager, RevocationEntity);
      // A row that is locked is being marked by another instance, or raised by a transaction that may be long.
      return manager.query(
        `WITH free AS (
           SELECT present.key FROM ${table} AS present
             JOIN unnest($1::text[], $2::integer[]) AS published (key, epoch)
               ON present.key = published.key AND present.epoch = published.epoch
            WHERE NOT present.is_published
              FOR NO KEY UPDATE OF present SKIP LOCKED
         )
         UPDATE ${table} AS present SET is_published = true FROM free WHERE present.key = free.key`,
        [published.map(({ key }) => key), published.map(({ epoch }) => epoch)],
      );
    });
  }

  async changedSince(
    since: Date,
    afterKey: RevocationKey | null,
    limit: number,
  ): Promise<readonly Revocation[]> {
    return this.database.query(async (manager) => {
      const rows = await manager.find(RevocationEntity, {
        where: {
          changedAt: MoreThanOrEqual(since),
          ...(afterKey !== null && { key: MoreThan(afterKey) }),
        },
        order: { key: 'ASC' },
        take: limit,
      });
      return rows.map(revocationOf);
    });
  }

  async prune(kinds: readonly RevocationKind[], before: Date, limit: number): Promise<number> {
    return this.database.query(async (manager) => {
      const table = tableOf(manager, RevocationEntity);
      const [, deleted] = await manager.query<[unknown, number]>(
        `WITH old AS (
           SELECT key FROM ${table} WHERE changed_at < $1 AND kind = ANY($2)
            LIMIT $3 FOR UPDATE SKIP LOCKED
         )
         DELETE FROM ${table} AS present USING old WHERE present.key = old.key`,
        [before, kinds, limit],
      );
      return deleted;
    });
  }
}

const markOf = (row: MarkRow): RevocationMark => ({ epoch: row.epoch, revokedAt: row.revoked_at });

const revocationOf = ({ isPublished: _, ...revocation }: RevocationEntity): Revocation =>
  revocation;
