import { Inject, Injectable } from '@nestjs/common';
import { changeOf } from '../audit/change-of.js';
import { ChangeStore } from '../audit/change.store.js';
import type { ChangedBy } from '../audit/change.js';
import { Clock } from '../clock.js';
import { SallyportError } from '../errors.js';
import { Randomness } from '../randomness.js';
import { RevocationService } from '../revocation/revocation.service.js';
import { Sealer } from '../sealing/sealer.js';
import { Transactions, type Transaction } from '../transactions/transaction.js';
import { issueSigningKey } from './issue-signing-key.js';
import { dueSteps, inState } from './rotation-schedule.js';
import { SIGNING_KEY_OPTIONS, type ResolvedSigningKeyOptions } from './signing-key.options.js';
import { SigningKeyStore } from './signing-key.store.js';
import type { SigningKey, SigningKeyState } from './signing-key.js';

const SCHEDULE: ChangedBy = { actor: 'schedule' };

const MAX_ATTEMPTS = 10;

/** Thrown to undo a transaction that someone else was faster than. */
class Overtaken extends Error {}

/**
 * Moves keys through their states. Any number of instances may do so at once: the store lets one win
 * each move, and all moves of one rotation are kept or none.
 */
@Injectable()
export class RotateSigningKeys {
  constructor(
    private readonly store: SigningKeyStore,
    private readonly transactions: Transactions,
    private readonly changes: ChangeStore,
    private readonly revocations: RevocationService,
    private readonly sealer: Sealer,
    private readonly clock: Clock,
    private readonly randomness: Randomness,
    @Inject(SIGNING_KEY_OPTIONS) private readonly options: ResolvedSigningKeyOptions,
  ) {}

  /** Does what is due. */
  async tick(): Promise<void> {
    const keys = await this.store.listCurrent();
    const { retire, step } = dueSteps(keys, this.clock.now(), this.options);
    for (const key of retire) await this.retire(key);
    if (step === 'begin') await this.begin();
    if (step === 'promote') await this.promote(keys, SCHEDULE);
    if (step === 'prepare') await this.prepare();
  }

  /** The next key signs from now on, whatever its age. False when someone else rotated at the same moment. */
  async rotateNow(by: ChangedBy): Promise<boolean> {
    const keys = await this.store.listCurrent();
    if (inState(keys, 'next') === undefined) {
      await (inState(keys, 'active') === undefined ? this.begin() : this.prepare());
      return this.promote(await this.store.listCurrent(), by);
    }
    return this.promote(keys, by);
  }

  /** Ends a key, and with it every token it signed; the next key takes over from an active one. */
  async revoke(kid: string, by: ChangedBy): Promise<boolean> {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const keys = await this.store.listCurrent();
      const key = keys.find((candidate) => candidate.kid === kid);
      if (key === undefined) return false;
      if (await this.tryToRevoke(key, keys, by)) {
        await this.revocations.publish();
        return true;
      }
      // The schedule moved the key meanwhile: it is leaked all the same, in whatever state it is now.
    }
    throw new SallyportError('ERR_CONFLICT', { reason: `signing key ${kid} keeps moving` });
  }

  private async tryToRevoke(
    key: SigningKey,
    keys: readonly SigningKey[],
    by: ChangedBy,
  ): Promise<boolean> {
    const { kid } = key;
    const next = await this.issue('next');
    const { issuer } = this.options;
    return this.unlessOvertaken(async (transaction) => {
      await this.move(key, key.state, 'revoked', transaction);
      await this.revocations.revoke({ kind: 'signing-key', issuer, kid }, by, transaction);
      const successor = inState(keys, 'next');
      if (key.state === 'active' && successor !== undefined) {
        await this.move(successor, 'next', 'active', transaction);
        await this.record('rotated', successor.kid, by, transaction, { revoked: kid });
      }
      await this.store.insert(next, transaction);
    });
  }

  /** On the very first start nobody can have cached a set without the key, so it may sign at once. */
  private async begin(): Promise<void> {
    const [active, next] = await Promise.all([this.issue('active'), this.issue('next')]);
    await this.unlessOvertaken(async (transaction) => {
      if (!(await this.store.insert(active, transaction))) throw new Overtaken();
      if (!(await this.store.insert(next, transaction))) throw new Overtaken();
      await this.record('issued', active.kid, SCHEDULE, transaction, { next: next.kid });
    });
  }

  private async prepare(): Promise<void> {
    const next = await this.issue('next');
    await this.unlessOvertaken(async (transaction) => {
      if (!(await this.store.insert(next, transaction))) throw new Overtaken();
      await this.record('issued', next.kid, SCHEDULE, transaction, {});
    });
  }

  private async promote(keys: readonly SigningKey[], by: ChangedBy): Promise<boolean> {
    const active = inState(keys, 'active');
    const next = inState(keys, 'next');
    if (next === undefined) return false;
    const afterNext = await this.issue('next');
    return this.unlessOvertaken(async (transaction) => {
      if (active !== undefined) await this.move(active, 'active', 'retiring', transaction);
      await this.move(next, 'next', 'active', transaction);
      await this.store.insert(afterNext, transaction);
      const details = { retiring: active?.kid ?? null, next: afterNext.kid };
      await this.record('rotated', next.kid, by, transaction, details);
    });
  }

  private async retire(key: SigningKey): Promise<void> {
    await this.unlessOvertaken(async (transaction) => {
      await this.move(key, 'retiring', 'retired', transaction);
      await this.record('retired', key.kid, SCHEDULE, transaction, {});
    });
  }

  private issue(state: SigningKeyState): Promise<SigningKey> {
    return issueSigningKey(this.options.algorithm, state, this.clock.now(), this.sealer);
  }

  private async move(
    { kid }: SigningKey,
    from: SigningKeyState,
    to: SigningKeyState,
    transaction: Transaction,
  ): Promise<void> {
    const moved = await this.store.move(kid, from, to, this.clock.now(), transaction);
    if (!moved) throw new Overtaken();
  }

  private async record(
    verb: 'issued' | 'rotated' | 'retired',
    kid: string,
    by: ChangedBy,
    transaction: Transaction,
    details: Record<string, string | null>,
  ): Promise<void> {
    const what = { action: `signing-key.${verb}`, object: kid, details };
    await this.changes.append(changeOf(what, by, this.clock.now(), this.randomness), transaction);
  }

  private async unlessOvertaken(
    work: (transaction: Transaction) => Promise<void>,
  ): Promise<boolean> {
    try {
      await this.transactions.run(work);
      return true;
    } catch (error) {
      if (error instanceof Overtaken) return false;
      throw error;
    }
  }
}
