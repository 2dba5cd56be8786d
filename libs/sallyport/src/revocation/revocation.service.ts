import { Injectable } from '@nestjs/common';
import { changeOf } from '../audit/change-of.js';
import { ChangeStore } from '../audit/change.store.js';
import type { ChangedBy } from '../audit/change.js';
import { Clock } from '../clock.js';
import { Randomness } from '../randomness.js';
import { Transactions, type Transaction } from '../transactions/transaction.js';
import type { UserId } from '../users/user.js';
import { RevocationPublisher } from './revocation.publisher.js';
import { RevocationStore } from './revocation.store.js';
import {
  ANY_CLIENT,
  revocationKey,
  type ChangedRecord,
  type Raisable,
  type RevocationTarget,
} from './revocation.js';
import { assertIdentifiers, targetDetails, targetId } from './revocation-target.js';
import type { TokenEpochs } from './token-epochs.js';

/**
 * Revokes. What is revoked is written to the durable store first, then told to every instance, which refuses it within
 * milliseconds; within a second where it could not be told.
 */
@Injectable()
export class RevocationService {
  constructor(
    private readonly store: RevocationStore,
    private readonly transactions: Transactions,
    private readonly changes: ChangeStore,
    private readonly publisher: RevocationPublisher,
    private readonly clock: Clock,
    private readonly randomness: Randomness,
  ) {}

  /**
   * Kept if and only if `transaction` commits, when one is given.
   * Throws ERR_INPUT_INVALID for an identifier that is empty or longer than 512 characters.
   */
  async revoke(target: RevocationTarget, by: ChangedBy, transaction?: Transaction): Promise<void> {
    assertIdentifiers(target);
    const now = this.clock.now();
    await this.transactions.run(async (inner) => {
      await this.raise(target, by, now, now, inner);
      await this.changes.append(
        changeOf(
          {
            action: `${target.kind}.revoked`,
            object: targetId(target),
            details: targetDetails(target),
          },
          by,
          now,
          this.randomness,
        ),
        inner,
      );
    }, transaction);
    if (transaction === undefined) await this.publish();
  }

  /** Makes tokens of this user in this client (null: in any) stale, so that a refresh brings the new roles. */
  async raiseRoleVersion(
    user: UserId,
    clientId: string | null,
    by: ChangedBy,
    transaction?: Transaction,
  ): Promise<void> {
    const target: RevocationTarget = {
      kind: 'user-client',
      issuer: user.issuer,
      subject: user.subject,
      clientId: clientId ?? ANY_CLIENT,
    };
    assertIdentifiers(target);
    await this.transactions.run(
      (inner) => this.raise(target, by, this.clock.now(), null, inner),
      transaction,
    );
    if (transaction === undefined) await this.publish();
  }

  /** Makes every instance forget a record that `transaction` changes: at once when that commits and `publish` is called. */
  async recordChanged(
    record: ChangedRecord,
    by: ChangedBy,
    transaction: Transaction,
  ): Promise<void> {
    await this.raise(record, by, this.clock.now(), null, transaction);
  }

  /**
   * Brings what is committed to the list now, rather than at the next turn of the outbox: for whoever
   * revoked within a transaction of their own and has just committed it. Never throws.
   */
  async publish(): Promise<void> {
    await this.publisher.flush();
  }

  /**
   * The epochs that a credential issued now has to carry. Always from the durable store: name the
   * transaction when it is issued in one.
   */
  async currentEpochs(
    subject: { readonly user?: UserId | null; readonly clientId: string },
    transaction?: Transaction,
  ): Promise<TokenEpochs> {
    const { user, clientId } = subject;
    const targets: RevocationTarget[] = [{ kind: 'client', clientId }];
    if (user !== null && user !== undefined) {
      const { issuer, subject: sub } = user;
      targets.push(
        { kind: 'user', issuer, subject: sub },
        { kind: 'user-client', issuer, subject: sub, clientId },
        { kind: 'user-client', issuer, subject: sub, clientId: ANY_CLIENT },
      );
    }
    const marks = await this.store.marks(targets.map(revocationKey), transaction);
    const [client = 0, userEpoch = 0, here = 0, anywhere = 0] = marks.map(
      (mark) => mark?.epoch ?? 0,
    );
    return { client, user: userEpoch, roleVersion: here + anywhere };
  }

  private async raise(
    target: Raisable,
    by: ChangedBy,
    changedAt: Date,
    revokedAt: Date | null,
    transaction: Transaction,
  ): Promise<void> {
    await this.store.raise(
      {
        key: revocationKey(target),
        kind: target.kind,
        actor: by.actor,
        reason: by.reason ?? null,
        changedAt,
        revokedAt,
      },
      transaction,
    );
  }
}
