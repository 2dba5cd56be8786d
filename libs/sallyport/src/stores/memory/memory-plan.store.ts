import { Injectable } from '@nestjs/common';
import type { PageRequest } from '../../page.js';
import { PlanStore } from '../../throttling/plans/plan.store.js';
import type { Plan, PlanChange, PlanKind } from '../../throttling/plans/plan.js';
import type { Transaction } from '../../transactions/transaction.js';
import { MemoryDatabase, type MemoryTable } from './memory-database.js';

@Injectable()
export class MemoryPlanStore extends PlanStore {
  private readonly plans: MemoryTable<PlanChange>;

  constructor(database: MemoryDatabase) {
    super();
    this.plans = database.table();
  }

  async put(plan: Plan, transaction: Transaction): Promise<void> {
    this.write(plan, transaction);
  }

  async remove(kind: PlanKind, name: string, transaction: Transaction): Promise<boolean> {
    if ((this.plans.get(keyOf(kind, name), transaction)?.quota ?? null) === null) return false;
    this.write({ kind, name, quota: null }, transaction);
    return true;
  }

  async find(kind: PlanKind, name: string): Promise<Plan | null> {
    const { quota = null } = this.plans.get(keyOf(kind, name)) ?? {};
    return quota === null ? null : { kind, name, quota };
  }

  async list(kind: PlanKind, { limit, after = '' }: PageRequest): Promise<readonly Plan[]> {
    return this.plans
      .filter((plan) => plan.kind === kind && plan.quota !== null && plan.name > after)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .slice(0, limit)
      .map(({ name, quota }) => ({ kind, name, quota: quota ?? {} }));
  }

  async changedSince(revision: number, limit: number): Promise<readonly PlanChange[]> {
    return this.plans
      .filter((plan) => plan.revision > revision)
      .sort((a, b) => a.revision - b.revision)
      .slice(0, limit);
  }

  /** Transactions come one after the other here, so the next number is one more than the last. */
  private write(plan: Omit<PlanChange, 'revision'>, transaction: Transaction): void {
    const revisions = this.plans.filter(() => true, transaction).map(({ revision }) => revision);
    const revision = revisions.reduce((last, one) => Math.max(last, one), 0) + 1;
    this.plans.set(keyOf(plan.kind, plan.name), { ...plan, revision }, transaction);
  }
}

const keyOf = (kind: PlanKind, name: string): string => `${kind} ${name}`;
