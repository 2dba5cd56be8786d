import type { PageRequest } from '../../page.js';
import type { Transaction } from '../../transactions/transaction.js';
import type { Plan, PlanChange, PlanKind } from './plan.js';

/** Port: where plans are kept. Changes are numbered in the order in which they commit. */
export abstract class PlanStore {
  /** Adds or replaces it. Whoever changes another plan meanwhile waits until `transaction` ends. */
  abstract put(plan: Plan, transaction: Transaction): Promise<void>;

  /** Reports whether this call took it away. */
  abstract remove(kind: PlanKind, name: string, transaction: Transaction): Promise<boolean>;

  abstract find(kind: PlanKind, name: string): Promise<Plan | null>;

  /** Ordered by name; `after` is a name. */
  abstract list(kind: PlanKind, page: PageRequest): Promise<readonly Plan[]>;

  /** What was changed after a revision, oldest first; from 0 on everything there is. */
  abstract changedSince(revision: number, limit: number): Promise<readonly PlanChange[]>;
}
