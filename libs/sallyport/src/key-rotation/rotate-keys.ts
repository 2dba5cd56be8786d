import { changeOf } from '../audit/change-of.js';
import type { ChangeStore } from '../audit/change.store.js';
import type { ChangedBy } from '../audit/change.js';
import type { Clock } from '../clock.js';
import { SallyportError } from '../errors.js';
import type { Randomness } from '../randomness.js';
import type { Sealer } from '../sealing/sealer.js';
import type { Transactions, Transaction } from '../transactions/transaction.js';
import { issueKey, type KeyKind } from './issue-key.js';
import type { RotatedKeyStore } from './rotated-key.store.js';
import type { KeyState, RotatedKey } from './rotated-key.js';
import { dueSteps, inState } from './rotation-schedule.js';
import type { ResolvedRotationOptions } from './rotation.options.js';

const SCHEDULE: ChangedBy = { actor: 'schedule' };

const MAX_ATTEMPTS = 10;

/** Thrown to undo a transaction that someone else was faster than. */
class Overtaken extends Error {}

export interface RotationParts<Algorithm extends string> {
  readonly kind: KeyKind<Algorithm>;
  readonly options: ResolvedRotationOptions & { readonly algorithm: Algorithm };
  readonly store: RotatedKeyStore<RotatedKey<Algorithm>>;
  readonly transactions: Transactions;
  readonly changes: ChangeStore;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/**
 * Moves keys through their states. Any number of instances may do so at once: the store lets one win
 * each move, and all moves of one rotation are kept or none.
 */
export abstract class RotateKeys<Algorithm extends string> {
  constructor(protected readonly parts: RotationParts<Algorithm>) {}

  /** Ends, within `transaction`, what was made with a key that is revoked; and records it. */
  protected abstract endWith(kid: string, by: ChangedBy, transaction: Transaction): Promise<void>;

  /** Does what is due. */
  async tick(): Promise<void> {
    const keys = await this.parts.store.listCurrent();
    const { retire, step } = dueSteps(keys, this.parts.clock.now(), this.parts.options);
    for (const key of retire) await this.retire(key);
    if (step === 'begin') await this.begin();
    if (step === 'promote') await this.promote(keys, SCHEDULE);
    if (step === 'prepare') await this.prepare();
  }

  /** The next key is used from now on, whatever its age. False when someone else rotated at the same moment. */
  async rotateNow(by: ChangedBy): Promise<boolean> {
    const keys = await this.parts.store.listCurrent();
    if (inState(keys, 'next') === undefined) {
      await (inState(keys, 'active') === undefined ? this.begin() : this.prepare());
      return this.promote(await this.parts.store.listCurrent(), by);
    }
    return this.promote(keys, by);
  }

  /** Ends a key, and with it what was made with it; the next key takes over from an active one. */
  async revoke(kid: string, by: ChangedBy): Promise<boolean> {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const keys = await this.parts.store.listCurrent();
      const key = keys.find((candidate) => candidate.kid === kid);
      if (key === undefined) return false;
      if (await this.tryToRevoke(key, keys, by)) return true;
      // The schedule moved the key meanwhile: it is leaked all the same, in whatever state it is now.
    }
    throw new SallyportError('ERR_CONFLICT', {
      reason: `${this.parts.kind.name} ${kid} keeps moving`,
    });
  }

  private async tryToRevoke(
    key: RotatedKey<Algorithm>,
    keys: readonly RotatedKey<Algorithm>[],
    by: ChangedBy,
  ): Promise<boolean> {
    const { kid } = key;
    const next = await this.issue('next');
    return this.unlessOvertaken(async (transaction) => {
      await this.move(key, key.state, 'revoked', transaction);
      await this.endWith(kid, by, transaction);
      const successor = inState(keys, 'next');
      if (key.state === 'active' && successor !== undefined) {
        await this.move(successor, 'next', 'active', transaction);
        await this.record('rotated', successor.kid, by, transaction, { revoked: kid });
      }
      await this.parts.store.insert(next, transaction);
    });
  }

  /** On the very first start nobody can have cached a set without the key, so it may be used at once. */
  private async begin(): Promise<void> {
    const [active, next] = await Promise.all([this.issue('active'), this.issue('next')]);
    await this.unlessOvertaken(async (transaction) => {
      if (!(await this.parts.store.insert(active, transaction))) throw new Overtaken();
      if (!(await this.parts.store.insert(next, transaction))) throw new Overtaken();
      await this.record('issued', active.kid, SCHEDULE, transaction, { next: next.kid });
    });
  }

  private async prepare(): Promise<void> {
    const next = await this.issue('next');
    await this.unlessOvertaken(async (transaction) => {
      if (!(await this.parts.store.insert(next, transaction))) throw new Overtaken();
      await this.record('issued', next.kid, SCHEDULE, transaction, {});
    });
  }

  private async promote(keys: readonly RotatedKey<Algorithm>[], by: ChangedBy): Promise<boolean> {
    const active = inState(keys, 'active');
    const next = inState(keys, 'next');
    if (next === undefined) return false;
    const afterNext = await this.issue('next');
    return this.unlessOvertaken(async (transaction) => {
      if (active !== undefined) await this.move(active, 'active', 'retiring', transaction);
      await this.move(next, 'next', 'active', transaction);
      await this.parts.store.insert(afterNext, transaction);
      const details = { retiring: active?.kid ?? null, next: afterNext.kid };
      await this.record('rotated', next.kid, by, transaction, details);
    });
  }

  private async retire(key: RotatedKey<Algorithm>): Promise<void> {
    await this.unlessOvertaken(async (transaction) => {
      await this.move(key, 'retiring', 'retired', transaction);
      await this.record('retired', key.kid, SCHEDULE, transaction, {});
    });
  }

  private issue(state: KeyState): Promise<RotatedKey<Algorithm>> {
    const { kind, options, clock, sealer } = this.parts;
    return issueKey(kind, options.algorithm, state, clock.now(), sealer);
  }

  private async move(
    { kid }: RotatedKey<Algorithm>,
    from: KeyState,
    to: KeyState,
    transaction: Transaction,
  ): Promise<void> {
    const moved = await this.parts.store.move(kid, from, to, this.parts.clock.now(), transaction);
    if (!moved) throw new Overtaken();
  }

  protected async record(
    verb: 'issued' | 'rotated' | 'retired' | 'revoked',
    kid: string,
    by: ChangedBy,
    transaction: Transaction,
    details: Record<string, string | null>,
  ): Promise<void> {
    const { kind, changes, clock, randomness } = this.parts;
    const what = { action: `${kind.name}.${verb}`, object: kid, details };
    await changes.append(changeOf(what, by, clock.now(), randomness), transaction);
  }

  private async unlessOvertaken(
    work: (transaction: Transaction) => Promise<void>,
  ): Promise<boolean> {
    try {
      await this.parts.transactions.run(work);
      return true;
    } catch (error) {
      if (error instanceof Overtaken) return false;
      throw error;
    }
  }
}
