import { Entity, Index } from 'typeorm';
import type { PlanKind } from '../../../throttling/plans/plan.js';
import type { QuotaOptions } from '../../../throttling/quota.js';
import { LargeCount, OptionalJson, PrimaryIdentifier } from './columns.js';

/** What clients may send, by plan or by client. */
@Entity({ name: 'plans', schema: 'sallyport' })
@Index('plans_revision', ['revision'], { unique: true })
export class PlanEntity {
  @PrimaryIdentifier('kind')
  kind!: PlanKind;

  /** Of the plan, or the client id. */
  @PrimaryIdentifier('name')
  name!: string;

  /** Null: it was removed. The row stays, so that instances hear of it. */
  @OptionalJson('quota')
  quota!: QuotaOptions | null;

  @LargeCount('revision')
  revision!: number;
}
