import { Injectable } from '@nestjs/common';
import { IsNull, MoreThan, Not } from 'typeorm';
import type { PageRequest } from '../../page.js';
import { PlanStore } from '../../throttling/plans/plan.store.js';
import type { Plan, PlanChange, PlanKind } from '../../throttling/plans/plan.js';
import type { Transaction } from '../../transactions/transaction.js';
import { assertStorable, isStorable } from '../storable-text.js';
import { PlanEntity } from './entities/plan.entity.js';
import { recordOf, tableOf } from './rows.js';
import { TypeOrmTransactions } from './typeorm-transactions.js';

@Injectable()
export class TypeOrmPlanStore extends PlanStore {
  constructor(private readonly database: TypeOrmTransactions) {
    super();
  }

  async put(plan: Plan, transaction: Transaction): Promise<void> {
    assertStorable(plan, [plan.kind, plan.name]);
    await this.write(plan, transaction);
  }

  async remove(kind: PlanKind, name: string, transaction: Transaction): Promise<boolean> {
    if (!isStorable(name)) return false;
    const isThere = await this.database.query(async (manager) => {
      await manager.query(`LOCK TABLE ${tableOf(manager, PlanEntity)} IN SHARE ROW EXCLUSIVE MODE`);
      return manager.existsBy(PlanEntity, { kind, name, quota: Not(IsNull()) });
    }, transaction);
    if (isThere) await this.write({ kind, name, quota: null }, transaction);
    return isThere;
  }

  async find(kind: PlanKind, name: string): Promise<Plan | null> {
    if (!isStorable(name)) return null;
    return this.database.query(async (manager) => {
      const row = await manager.findOneBy(PlanEntity, { kind, name });
      const quota = row?.quota ?? null;
      return quota === null ? null : { kind, name, quota };
    });
  }

  async list(kind: PlanKind, { limit, after = '' }: PageRequest): Promise<readonly Plan[]> {
    if (!isStorable(after)) return [];
    return this.database.query(async (manager) => {
      const where = { kind, name: MoreThan(after), quota: Not(IsNull()) };
      const rows = await manager.find(PlanEntity, { where, order: { name: 'ASC' }, take: limit });
      return rows.map(({ name, quota }) => ({ kind, name, quota: quota ?? {} }));
    });
  }

  async changedSince(revision: number, limit: number): Promise<readonly PlanChange[]> {
    return this.database.query(async (manager) => {
      const where = { revision: MoreThan(revision) };
      const order = { revision: 'ASC' } as const;
      const rows = await manager.find(PlanEntity, { where, order, take: limit });
      return rows.map(recordOf);
    });
  }

  /** Whoever writes holds the table until the end of the transaction, so that numbers come in the order of commits. */
  private async write(plan: Omit<PlanChange, 'revision'>, transaction: Transaction): Promise<void> {
    await this.database.query(async (manager) => {
      const table = tableOf(manager, PlanEntity);
      await manager.query(`LOCK TABLE ${table} IN SHARE ROW EXCLUSIVE MODE`);
      await manager.query(
        `INSERT INTO ${table} (kind, name, quota, revision)
         VALUES ($1, $2, $3, (SELECT coalesce(max(revision), 0) + 1 FROM ${table}))
         ON CONFLICT (kind, name) DO UPDATE SET quota = excluded.quota, revision = excluded.revision`,
        [plan.kind, plan.name, plan.quota === null ? null : JSON.stringify(plan.quota)],
      );
    }, transaction);
  }
}
