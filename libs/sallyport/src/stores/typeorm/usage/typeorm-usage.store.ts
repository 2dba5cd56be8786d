import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../transactions/transaction.js';
import {
  columnsOfDimension,
  type UsageQuery,
  type UsageTotal,
} from '../../../usage/usage-query.js';
import { UsageStore } from '../../../usage/usage.store.js';
import {
  ERASED,
  type ClientUse,
  type Granularity,
  type UsageDimensions,
  type UsageRow,
} from '../../../usage/usage.js';
import type { UserId } from '../../../users/user.js';
import { isStorable } from '../../storable-text.js';
import { ClientUseEntity } from '../entities/client-use.entity.js';
import { UsageBatchEntity } from '../entities/usage-batch.entity.js';
import { UsageEntity } from '../entities/usage.entity.js';
import { tableOf } from '../rows.js';
import { TypeOrmTransactions } from '../typeorm-transactions.js';
import { addStatement, COLUMNS, eraseStatement } from './usage-statements.js';
import { queryStatement, totalOf, type TotalRow } from './usage-totals.js';

@Injectable()
export class TypeOrmUsageStore extends UsageStore {
  constructor(private readonly database: TypeOrmTransactions) {
    super();
  }

  async claim(
    batchIds: readonly string[],
    at: Date,
    transaction: Transaction,
  ): Promise<readonly string[]> {
    const rows = await this.database.query((manager) => {
      const table = tableOf(manager, UsageBatchEntity);
      return manager.query<{ id: string }[]>(
        `INSERT INTO ${table} (id, written_at)
         SELECT DISTINCT id, $2::timestamptz FROM unnest($1::uuid[]) AS id ORDER BY id
         ON CONFLICT DO NOTHING RETURNING id`,
        [batchIds, at],
      );
    }, transaction);
    return rows.map(({ id }) => id);
  }

  async add(rows: readonly UsageRow[], transaction: Transaction): Promise<void> {
    await this.database.query(
      (manager) =>
        manager.query(addStatement(tableOf(manager, UsageEntity)), [
          JSON.stringify(rows.map(columnsOf)),
        ]),
      transaction,
    );
  }

  async recordClientUses(uses: readonly ClientUse[], transaction: Transaction): Promise<void> {
    await this.database.query(
      (manager) =>
        manager.query(
          `INSERT INTO ${tableOf(manager, ClientUseEntity)} AS present (client_id, last_used_at, use_count)
           SELECT id, max(used_at), sum(count)
             FROM unnest($1::text[], $2::bigint[], $3::timestamptz[]) AS use (id, count, used_at)
            GROUP BY id ORDER BY id
           ON CONFLICT (client_id) DO UPDATE SET
             last_used_at = GREATEST(present.last_used_at, excluded.last_used_at),
             use_count = present.use_count + excluded.use_count`,
          [
            uses.map(({ clientId }) => clientId),
            uses.map(({ count }) => count),
            uses.map(({ lastUsedAt }) => lastUsedAt),
          ],
        ),
      transaction,
    );
  }

  async clientUse(clientId: string): Promise<ClientUse | null> {
    if (!isStorable(clientId)) return null;
    return this.database.query(async (manager) => {
      const row = await manager.findOneBy(ClientUseEntity, { clientId });
      return row && { clientId, count: row.useCount, lastUsedAt: row.lastUsedAt };
    });
  }

  async query(query: UsageQuery): Promise<readonly UsageTotal[]> {
    const texts = [...Object.values(query.filter), ...(query.after?.values ?? [])];
    if (!texts.every((text) => isStorable(String(text)))) return [];
    const columns = query.groupBy.flatMap(columnsOfDimension);
    return this.database.query(async (manager) => {
      const statement = queryStatement(tableOf(manager, UsageEntity), query, columns);
      const rows = await manager.query<TotalRow[]>(...statement);
      return rows.map((row) => totalOf(row, columns));
    });
  }

  async eraseUser({ issuer, subject }: UserId, limit: number): Promise<number> {
    if (!isStorable(issuer) || !isStorable(subject)) return 0;
    return this.database.query(async (manager) => {
      const [row] = await manager.query<{ erased: number }[]>(
        eraseStatement(tableOf(manager, UsageEntity)),
        [issuer, subject, limit, ERASED],
      );
      return row?.erased ?? 0;
    });
  }

  async prune(granularity: Granularity, before: Date, limit: number): Promise<number> {
    return this.database.query(async (manager) => {
      const table = tableOf(manager, UsageEntity);
      const [, deleted] = await manager.query<[unknown, number]>(
        `WITH old AS (
           SELECT granularity, starts_at, series FROM ${table}
            WHERE granularity = $1 AND starts_at < $2
            ORDER BY starts_at LIMIT $3 FOR UPDATE SKIP LOCKED
         )
         DELETE FROM ${table} AS present USING old
          WHERE present.granularity = old.granularity AND present.starts_at = old.starts_at
            AND present.series = old.series`,
        [granularity, before, limit],
      );
      return deleted;
    });
  }

  async pruneBatches(before: Date, limit: number): Promise<number> {
    return this.database.query(async (manager) => {
      const table = tableOf(manager, UsageBatchEntity);
      const [, deleted] = await manager.query<[unknown, number]>(
        `WITH old AS (
           SELECT id FROM ${table} WHERE written_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED
         )
         DELETE FROM ${table} AS present USING old WHERE present.id = old.id`,
        [before, limit],
      );
      return deleted;
    });
  }
}

function columnsOf(given: UsageRow): Readonly<Record<string, unknown>> {
  const { startsAt, calls, refused, cost, latencyMs, latency, ...row } = given;
  const dimensions = Object.entries(COLUMNS).map(([name, column]): [string, unknown] => [
    column,
    row[name as keyof UsageDimensions],
  ]);
  const measures = { calls, refused, cost: Math.round(cost), latency_ms: latencyMs, latency };
  return { starts_at: startsAt, ...Object.fromEntries(dimensions), ...measures };
}
