import { Injectable } from '@nestjs/common';
import {
  RevocationStore,
  type RevocationChanges,
  type RevocationCursor,
} from '../../revocation/revocation.store.js';
import type {
  Revocation,
  RevocationChange,
  RevocationKey,
  RevocationKind,
  RevocationMark,
} from '../../revocation/revocation.js';
import type { Transaction } from '../../transactions/transaction.js';
import { assertStorable, isLongIdentifier, isStorable } from '../storable-text.js';
import { RevocationEntity } from './entities/revocation.entity.js';
import { readChanges, readPosition } from './revocation-changes.js';
import { tableOf } from './rows.js';
import { TypeOrmTransactions } from './typeorm-transactions.js';

interface MarkRow {
  readonly key: RevocationKey;
  readonly epoch: number;
  readonly revoked_at: Date | null;
}

interface ChangeRow extends MarkRow {
  readonly kind: RevocationKind;
  readonly changed_at: Date;
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
           (key, kind, epoch, revoked_at, actor, reason, changed_at, is_published, transaction)
         VALUES ($1, $2, 1, $3, $4, $5, $6, false, pg_current_xact_id()::text::bigint)
         ON CONFLICT (key) DO UPDATE SET
           epoch = present.epoch + 1,
           revoked_at = GREATEST(present.revoked_at, EXCLUDED.revoked_at),
           actor = EXCLUDED.actor,
           reason = EXCLUDED.reason,
           changed_at = GREATEST(present.changed_at, EXCLUDED.changed_at),
           transaction = EXCLUDED.transaction,
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

  async unpublished(limit: number): Promise<readonly RevocationChange[]> {
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

  position(): Promise<RevocationCursor> {
    return this.database.query(readPosition);
  }

  changesSince(cursor: RevocationCursor, limit: number): Promise<RevocationChanges | null> {
    return this.database.query((manager) => readChanges(manager, cursor, limit));
  }

  /** Without entities: making them took most of the time in which an instance with a million of them starts. */
  async changedSince(
    since: Date,
    afterKey: RevocationKey | null,
    limit: number,
  ): Promise<readonly RevocationChange[]> {
    const rows = await this.database.query((manager) =>
      manager.query<ChangeRow[]>(
        `SELECT key, kind, epoch, revoked_at, changed_at FROM ${tableOf(manager, RevocationEntity)}
          WHERE changed_at >= $1 AND key > $2 ORDER BY key LIMIT $3`,
        [since, afterKey ?? '', limit],
      ),
    );
    return rows.map(changeOf);
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

const changeOf = ({ key, kind, epoch, revoked_at, changed_at }: ChangeRow): RevocationChange => ({
  ...{ key, kind, epoch },
  ...{ revokedAt: revoked_at, changedAt: changed_at },
});

const revocationOf = ({
  isPublished: _,
  transaction: __,
  ...revocation
}: RevocationEntity): Revocation => revocation;
