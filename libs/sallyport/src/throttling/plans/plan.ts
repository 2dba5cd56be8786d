import type { QuotaOptions } from '../quota.js';

/** `plan` is a tier that clients name; `client` is what one client got beyond its plan, under its client id. */
export type PlanKind = 'plan' | 'client';

/** What clients may send, changeable while the app runs. */
export interface Plan {
  readonly kind: PlanKind;
  readonly name: string;
  /** What it does not say is as in `throttling.client`, and of one client as in its plan. */
  readonly quota: QuotaOptions;
}

/** What became of a plan. */
export interface PlanChange extends Omit<Plan, 'quota'> {
  /** Null: it is gone. */
  readonly quota: QuotaOptions | null;
  /** Grows with every change of any plan. */
  readonly revision: number;
}
