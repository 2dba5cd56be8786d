import { Inject, Injectable } from '@nestjs/common';
import { changeOf } from '../../audit/change-of.js';
import { ChangeStore } from '../../audit/change.store.js';
import type { ChangedBy } from '../../audit/change.js';
import { ClientService } from '../../clients/client.service.js';
import { Clock } from '../../clock.js';
import { SallyportError } from '../../errors.js';
import { invalidInput, isClientId } from '../../input.js';
import type { PageRequest } from '../../page.js';
import { Randomness } from '../../randomness.js';
import { Transactions, type Transaction } from '../../transactions/transaction.js';
import { resolveQuota, type QuotaOptions } from '../quota.js';
import { THROTTLING_OPTIONS, type ResolvedThrottlingOptions } from '../throttling.options.js';
import { PlanBook } from './plan-book.js';
import { PlanStore } from './plan.store.js';
import type { Plan, PlanKind } from './plan.js';

/** Plans and what single clients got beyond them. A change reaches every instance within about a second. */
@Injectable()
export class PlanService {
  constructor(
    private readonly store: PlanStore,
    private readonly clients: ClientService,
    private readonly changes: ChangeStore,
    private readonly transactions: Transactions,
    private readonly book: PlanBook,
    private readonly clock: Clock,
    private readonly randomness: Randomness,
    @Inject(THROTTLING_OPTIONS) private readonly options: ResolvedThrottlingOptions,
  ) {}

  list(page: PageRequest): Promise<readonly Plan[]> {
    return this.store.list('plan', page);
  }

  /** Throws ERR_NOT_FOUND. */
  async get(name: string): Promise<Plan> {
    return found(await this.store.find('plan', name), 'no such plan');
  }

  /** What one client got beyond its plan. Throws ERR_NOT_FOUND where it got nothing. */
  async limitsOf(clientId: string): Promise<Plan> {
    return found(await this.store.find('client', clientId), 'no such limits');
  }

  /** Adds or replaces a plan. Throws ERR_INPUT_INVALID. */
  async put(name: string, quota: QuotaOptions, by: ChangedBy, outer?: Transaction): Promise<Plan> {
    if (!isClientId(name)) throw invalidInput('a plan is named by 1 to 64 of A-Z a-z 0-9 . _ -');
    return this.save({ kind: 'plan', name, quota: this.checked(quota) }, by, outer);
  }

  /** Gives one client limits of its own. Throws ERR_INPUT_INVALID, or ERR_NOT_FOUND for an unknown client. */
  async putLimits(
    clientId: string,
    quota: QuotaOptions,
    by: ChangedBy,
    outer?: Transaction,
  ): Promise<Plan> {
    await this.clients.get(clientId, outer);
    return this.save({ kind: 'client', name: clientId, quota: this.checked(quota) }, by, outer);
  }

  /** Clients of the plan go on with the one of that name in the options, or with the default. */
  remove(name: string, by: ChangedBy, outer?: Transaction): Promise<boolean> {
    return this.take('plan', name, by, outer);
  }

  /** The client goes on with its plan. */
  removeLimits(clientId: string, by: ChangedBy, outer?: Transaction): Promise<boolean> {
    return this.take('client', clientId, by, outer);
  }

  private async save(plan: Plan, by: ChangedBy, outer?: Transaction): Promise<Plan> {
    await this.transactions.run(async (transaction) => {
      await this.store.put(plan, transaction);
      await this.record(`${nounOf(plan.kind)}.set`, plan.name, by, transaction);
    }, outer);
    await this.book.evict();
    return plan;
  }

  private async take(
    kind: PlanKind,
    name: string,
    by: ChangedBy,
    outer?: Transaction,
  ): Promise<boolean> {
    const isTaken = await this.transactions.run(async (transaction) => {
      if (!(await this.store.remove(kind, name, transaction))) return false;
      await this.record(`${nounOf(kind)}.removed`, name, by, transaction);
      return true;
    }, outer);
    await this.book.evict();
    return isTaken;
  }

  private async record(
    action: string,
    object: string,
    by: ChangedBy,
    transaction: Transaction,
  ): Promise<void> {
    const change = changeOf({ action, object }, by, this.clock.now(), this.randomness);
    await this.changes.append(change, transaction);
  }

  /** What is stored is what may be counted by: it is read on every instance. */
  private checked(quota: QuotaOptions): QuotaOptions {
    const mistakes: string[] = [];
    resolveQuota('quota', { given: quota, otherwise: this.options.client }, mistakes);
    if (mistakes.length > 0) throw invalidInput(mistakes.join('; '));
    return quota;
  }
}

const nounOf = (kind: PlanKind): string => (kind === 'plan' ? 'plan' : 'client-limits');

function found(plan: Plan | null, detail: string): Plan {
  if (plan !== null) return plan;
  throw new SallyportError('ERR_NOT_FOUND', { reason: detail, detail });
}
