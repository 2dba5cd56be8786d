import { Injectable } from '@nestjs/common';
import { changeOf } from '../audit/change-of.js';
import { ChangeStore } from '../audit/change.store.js';
import type { ChangedBy } from '../audit/change.js';
import type { RecordCache } from '../cache/record-cache.js';
import { Clock } from '../clock.js';
import type { MaybePromise } from '../maybe-promise.js';
import { Randomness } from '../randomness.js';
import { KnownRecords } from '../revocation/replica/known-records.js';
import { RevocationService } from '../revocation/revocation.service.js';
import { Transactions, type Transaction } from '../transactions/transaction.js';
import { UserStateStore } from './user-state.store.js';
import { userOf, userRecord, userRecordId } from './user-record.js';
import type { UserId } from './user.js';

/** Shuts users out, and lets them in again. */
@Injectable()
export class UserStatusService {
  private readonly suspensions: RecordCache<boolean>;

  constructor(
    private readonly store: UserStateStore,
    private readonly revocations: RevocationService,
    private readonly transactions: Transactions,
    private readonly changes: ChangeStore,
    private readonly clock: Clock,
    private readonly randomness: Randomness,
    records: KnownRecords,
  ) {
    this.suspensions = records.cache((id) => this.isSuspendedNow(userOf(id)), userRecord);
  }

  /**
   * Ends all that was issued to the user, personal API keys too, and refuses what is issued later.
   * False when the user was suspended already.
   */
  async suspend(user: UserId, by: ChangedBy, transaction?: Transaction): Promise<boolean> {
    const now = this.clock.now();
    return this.change(user, by, transaction, async (inner) => {
      if (!(await this.store.suspend(user, now, inner))) return false;
      // Writes the epoch and `user.revoked`: reinstating does not revive what was issued before.
      await this.revocations.revoke({ kind: 'user', ...idOf(user) }, by, inner);
      await this.record('user.suspended', user, by, inner);
      return true;
    });
  }

  /** False when the user was not suspended. What was issued before the suspension stays revoked. */
  async reinstate(user: UserId, by: ChangedBy, transaction?: Transaction): Promise<boolean> {
    return this.change(user, by, transaction, async (inner) => {
      if (!(await this.store.reinstate(user, inner))) return false;
      await this.record('user.reinstated', user, by, inner);
      return true;
    });
  }

  /** As it is known here, at once if it is: a change is told to every instance. */
  isSuspended(user: UserId): MaybePromise<boolean> {
    return this.suspensions.find(userRecordId(user));
  }

  /** As it is now: for whoever is about to begin something that lasts. */
  async isSuspendedNow(user: UserId): Promise<boolean> {
    const state = await this.store.find(user);
    return state !== null && state.suspendedAt !== null;
  }

  private async change(
    user: UserId,
    by: ChangedBy,
    outer: Transaction | undefined,
    write: (transaction: Transaction) => Promise<boolean>,
  ): Promise<boolean> {
    const changed = await this.transactions.run(async (inner) => {
      if (!(await write(inner))) return false;
      await this.revocations.recordChanged({ kind: 'user-record', ...idOf(user) }, by, inner);
      return true;
    }, outer);
    if (changed && outer === undefined) await this.revocations.publish();
    return changed;
  }

  private async record(
    action: 'user.suspended' | 'user.reinstated',
    user: UserId,
    by: ChangedBy,
    transaction: Transaction,
  ): Promise<void> {
    const what = { action, object: user.subject, details: { issuer: user.issuer } };
    await this.changes.append(changeOf(what, by, this.clock.now(), this.randomness), transaction);
  }
}

const idOf = ({ issuer, subject }: UserId): UserId => ({ issuer, subject });
