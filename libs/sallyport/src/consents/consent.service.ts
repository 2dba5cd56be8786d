import { Injectable } from '@nestjs/common';
import { changeOf } from '../audit/change-of.js';
import { ChangeStore } from '../audit/change.store.js';
import type { ChangedBy } from '../audit/change.js';
import { Clock } from '../clock.js';
import { invalidInput, isScopeToken } from '../input.js';
import { Randomness } from '../randomness.js';
import { Transactions, type Transaction } from '../transactions/transaction.js';
import { EndGrants } from '../user-tokens/end-grants.js';
import type { Grant } from '../user-tokens/grant.js';
import type { UserId } from '../users/user.js';
import { ConsentStore } from './consent.store.js';
import type { Consent } from './consent.js';

/** What users agreed to let other people's clients do for them: recorded, shown, taken back. */
@Injectable()
export class ConsentService {
  constructor(
    private readonly store: ConsentStore,
    private readonly endGrants: EndGrants,
    private readonly transactions: Transactions,
    private readonly changes: ChangeStore,
    private readonly clock: Clock,
    private readonly randomness: Randomness,
  ) {}

  /** Ordered by client id. */
  list(user: UserId): Promise<readonly Consent[]> {
    return this.store.list(user);
  }

  find(user: UserId, clientId: string): Promise<Consent | null> {
    return this.store.find(user, clientId);
  }

  /** Adds to what the user agreed to before. Throws ERR_INPUT_INVALID for what is no scope value (RFC 6749 §3.3). */
  async record(
    user: UserId,
    clientId: string,
    scope: readonly string[],
    by: ChangedBy,
    transaction?: Transaction,
  ): Promise<void> {
    if (!scope.every(isScopeToken)) throw invalidInput('scope holds what is no scope value');
    const { issuer, subject } = user;
    const values = [...new Set(scope)].sort();
    const consent = { issuer, subject, clientId, scope: values, grantedAt: this.clock.now() };
    await this.transactions.run(async (inner) => {
      await this.store.add(consent, inner);
      const details = { issuer, clientId, scope: values.join(' ') };
      await this.append('consent.granted', user, details, by, inner);
    }, transaction);
  }

  /**
   * Takes back all that the user agreed to for this client, and ends what it was given: codes in flight and tokens.
   * False when there was nothing to take back, and then nothing ends. Whoever passes a transaction of their own calls
   * `RevocationService.publish` once it has committed; listeners of `SecurityEvents` are not told then.
   */
  async withdraw(
    user: UserId,
    clientId: string,
    by: ChangedBy,
    transaction?: Transaction,
  ): Promise<boolean> {
    const ended = await this.transactions.run(async (inner): Promise<readonly Grant[] | null> => {
      if (!(await this.store.remove(user, clientId, inner))) return null;
      const { issuer } = user;
      await this.append('consent.withdrawn', user, { issuer, clientId }, by, inner);
      return this.endGrants.endMatching({ user, clientId }, by, inner);
    }, transaction);
    if (ended === null) return false;
    if (transaction === undefined) await this.endGrants.announce(ended);
    return true;
  }

  private async append(
    action: 'consent.granted' | 'consent.withdrawn',
    { subject }: UserId,
    details: Readonly<Record<string, string>>,
    by: ChangedBy,
    transaction: Transaction,
  ): Promise<void> {
    const change = changeOf(
      { action, object: subject, details },
      by,
      this.clock.now(),
      this.randomness,
    );
    await this.changes.append(change, transaction);
  }
}
