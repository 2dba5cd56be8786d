import { Injectable } from '@nestjs/common';
import { changeOf } from '../audit/change-of.js';
import { ChangeStore } from '../audit/change.store.js';
import type { ChangedBy } from '../audit/change.js';
import { SecurityEvents } from '../audit/security-events.js';
import { Clock } from '../clock.js';
import { Randomness } from '../randomness.js';
import { RevocationService } from '../revocation/revocation.service.js';
import { Transactions, type Transaction } from '../transactions/transaction.js';
import { GrantStore, type GrantFilter } from './grant.store.js';
import type { Grant } from './grant.js';
import { UserTokenStore } from './user-token.store.js';

const PAGE = 100;

/**
 * Ends grants with all that came of them: codes in flight and refresh tokens in the durable store, access tokens
 * wherever they are presented. What is ended stays so.
 */
@Injectable()
export class EndGrants {
  constructor(
    private readonly store: GrantStore,
    private readonly tokens: UserTokenStore,
    private readonly revocations: RevocationService,
    private readonly transactions: Transactions,
    private readonly changes: ChangeStore,
    private readonly events: SecurityEvents,
    private readonly clock: Clock,
    private readonly randomness: Randomness,
  ) {}

  /** Returns those that this call ended, as they were before: ids unknown, or ended already, count for nothing. */
  async end(
    ids: readonly string[],
    by: ChangedBy,
    transaction?: Transaction,
  ): Promise<readonly Grant[]> {
    return this.change(transaction, async (inner) => {
      const grants: Grant[] = [];
      for (const id of new Set(ids)) {
        const grant = await this.store.find(id, inner);
        if (grant !== null) grants.push(grant);
      }
      return this.endThese(grants, by, inner);
    });
  }

  /** As `end`, for all that match everything named, but for `exceptId`. Throws a TypeError when nothing is named. */
  async endMatching(
    { exceptId, ...filter }: GrantFilter & { readonly exceptId?: string },
    by: ChangedBy,
    transaction?: Transaction,
  ): Promise<readonly Grant[]> {
    const { user, clientId, loginId } = filter;
    if (user === undefined && clientId === undefined && loginId === undefined) {
      throw new TypeError('name a user, a client or a login: this would end every grant');
    }
    return this.change(transaction, async (inner) => {
      // Two that end grants of one user in different orders would wait for each other.
      if (user !== undefined) await this.tokens.hold(user, inner);
      const ended: Grant[] = [];
      for (;;) {
        const page = await this.store.listAlive(filter, this.clock.now(), PAGE, inner);
        const meant = page.filter(({ id }) => id !== exceptId);
        ended.push(...(await this.endThese(meant, by, inner)));
        if (page.length < PAGE) return ended;
      }
    });
  }

  /**
   * For whoever ended grants within a transaction of their own and has just committed it: brings it to every instance
   * now and tells listeners. Never throws.
   */
  async announce(ended: readonly Grant[]): Promise<void> {
    await this.revocations.publish();
    for (const { issuer, subject, clientId, id } of ended) {
      this.events.raise({ kind: 'session.ended', issuer, subject, clientId, grantId: id });
    }
  }

  private async change(
    outer: Transaction | undefined,
    work: (transaction: Transaction) => Promise<readonly Grant[]>,
  ): Promise<readonly Grant[]> {
    const ended = await this.transactions.run(work, outer);
    if (ended.length > 0 && outer === undefined) await this.announce(ended);
    return ended;
  }

  private async endThese(
    grants: readonly Grant[],
    by: ChangedBy,
    transaction: Transaction,
  ): Promise<readonly Grant[]> {
    if (grants.length === 0) return [];
    const at = this.clock.now();
    const ending = { at, by: by.actor, reason: by.reason ?? null };
    const ids = grants.map(({ id }) => id);
    const endedIds = new Set(await this.store.end(ids, ending, transaction));
    const ended = grants.filter(({ id }) => endedIds.has(id));
    for (const { id, issuer, subject, clientId } of ended) {
      await this.revocations.revoke({ kind: 'grant', issuer, gid: id }, by, transaction);
      const details = { issuer, subject, clientId };
      const what = { action: 'session.ended', object: id, details };
      await this.changes.append(changeOf(what, by, at, this.randomness), transaction);
    }
    return ended;
  }
}
