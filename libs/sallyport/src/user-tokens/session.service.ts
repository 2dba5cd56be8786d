import { Injectable } from '@nestjs/common';
import { changeOf } from '../audit/change-of.js';
import { ChangeStore } from '../audit/change.store.js';
import type { ChangedBy } from '../audit/change.js';
import { Clock } from '../clock.js';
import { SallyportError } from '../errors.js';
import { invalidInput, isName } from '../input.js';
import { LoginSessionStore } from '../logins/login-session.store.js';
import { Randomness } from '../randomness.js';
import { RevocationService } from '../revocation/revocation.service.js';
import { Transactions, type Transaction } from '../transactions/transaction.js';
import type { UserId } from '../users/user.js';
import { EndGrants } from './end-grants.js';
import { GrantStore } from './grant.store.js';
import type { Grant } from './grant.js';
import { LivingSessions } from './living-sessions.js';
import { sessionOf, type Session } from './session.js';
import { UserTokenStore } from './user-token.store.js';

const MOST_LISTED = 200;
const PAGE = 100;
const LIMIT: ChangedBy = { actor: 'session-limit' };

/**
 * A user's sessions: on each device one for each client. Whoever passes a transaction of their own calls
 * `RevocationService.publish` once it has committed; listeners of `SecurityEvents` are not told then.
 */
@Injectable()
export class SessionService {
  constructor(
    private readonly grants: GrantStore,
    private readonly tokens: UserTokenStore,
    private readonly logins: LoginSessionStore,
    private readonly living: LivingSessions,
    private readonly endGrants: EndGrants,
    private readonly revocations: RevocationService,
    private readonly transactions: Transactions,
    private readonly changes: ChangeStore,
    private readonly clock: Clock,
    private readonly randomness: Randomness,
  ) {}

  /** Those that can still be refreshed, last used first: no more than 200. */
  async list(user: UserId): Promise<readonly Session[]> {
    const heads = await this.living.of(user, MOST_LISTED);
    return heads.map(sessionOf);
  }

  /** Names the device, or (null) takes the name away. Throws ERR_INPUT_INVALID, or ERR_NOT_FOUND when the user has no such session. */
  async rename(
    user: UserId,
    id: string,
    name: string | null,
    by: ChangedBy,
    transaction?: Transaction,
  ): Promise<void> {
    if (name !== null && !isName(name)) {
      throw invalidInput('name must have 1 to 100 characters, none of them control characters');
    }
    await this.transactions.run(async (inner) => {
      if (!(await this.tokens.rename(user, id, name, inner))) throw noSuchSession();
      const { issuer, subject } = user;
      const what = { action: 'session.renamed', object: id, details: { issuer, subject } };
      await this.changes.append(changeOf(what, by, this.clock.now(), this.randomness), inner);
    }, transaction);
  }

  /**
   * Ends one session, and the browser's login that it came from, so that the device has to sign in again; other
   * clients' sessions of that login go on. False when it had ended before. Throws ERR_NOT_FOUND when the user has
   * had no such session.
   */
  async end(user: UserId, id: string, by: ChangedBy, transaction?: Transaction): Promise<boolean> {
    const ended = await this.change(transaction, async (inner) => {
      await this.tokens.hold(user, inner);
      const { loginId } = await this.grantOf(user, id, inner);
      await this.logins.end(loginId, this.clock.now(), inner);
      return this.endGrants.end([id], by, inner);
    });
    return ended.length > 0;
  }

  /**
   * Ends all sessions but the one of `keepId`, and all logins of the user's browsers but the one it came from. Returns how
   * many. Throws ERR_NOT_FOUND when the user has had no session of that id.
   */
  async endOthers(
    user: UserId,
    keepId: string,
    by: ChangedBy,
    transaction?: Transaction,
  ): Promise<number> {
    const ended = await this.change(transaction, async (inner) => {
      await this.tokens.hold(user, inner);
      const kept = await this.grantOf(user, keepId, inner);
      // Those too that gave nothing, or whose sessions have ended: each could give new ones.
      await this.logins.endOthers(user, kept.loginId, this.clock.now(), inner);
      return this.endGrants.endMatching({ user, exceptId: keepId }, by, inner);
    });
    return ended.length;
  }

  /**
   * Ends everything that was issued to the user: sessions, logins of browsers, codes in flight, access tokens,
   * personal API keys. For a changed password and the like.
   */
  async endAll(user: UserId, by: ChangedBy, transaction?: Transaction): Promise<void> {
    const { issuer, subject } = user;
    await this.change(transaction, async (inner) => {
      await this.tokens.hold(user, inner);
      // Logins carry the epoch: this ends those too that gave nothing.
      await this.revocations.revoke({ kind: 'user', issuer, subject }, by, inner);
      return this.endGrants.endMatching({ user }, by, inner);
    });
  }

  /** Ends a browser's login and all that was granted in it: logout. */
  async endOfLogin(loginId: string, by: ChangedBy, transaction?: Transaction): Promise<void> {
    await this.change(transaction, async (inner) => {
      const login = await this.logins.find(loginId, inner);
      if (login === null) return [];
      const { issuer, subject } = login;
      if (issuer !== null && subject !== null) await this.tokens.hold({ issuer, subject }, inner);
      await this.logins.end(loginId, this.clock.now(), inner);
      return this.endGrants.endMatching({ loginId }, by, inner);
    });
  }

  /**
   * Ends the least recently used sessions beyond `max`, not their logins; for the transaction that has just added
   * one. Of any number at once each counts what those before it added. Returns what it ended, for
   * `EndGrants.announce` after the commit.
   */
  async enforceLimit(
    user: UserId,
    max: number,
    transaction: Transaction,
  ): Promise<readonly Grant[]> {
    await this.tokens.hold(user, transaction);
    const now = this.clock.now();
    const ended: Grant[] = [];
    while ((await this.tokens.listHeads(user, now, max + 1, transaction)).length > max) {
      const living = await this.living.of(user, max + PAGE, transaction);
      const ids = living.slice(max).map(({ grantId }) => grantId);
      if (ids.length === 0) break;
      ended.push(...(await this.endGrants.end(ids, LIMIT, transaction)));
    }
    return ended;
  }

  private async change(
    outer: Transaction | undefined,
    work: (transaction: Transaction) => Promise<readonly Grant[]>,
  ): Promise<readonly Grant[]> {
    const ended = await this.transactions.run(work, outer);
    if (outer === undefined) await this.endGrants.announce(ended);
    return ended;
  }

  /** Another user's looks like none. */
  private async grantOf(user: UserId, id: string, transaction: Transaction): Promise<Grant> {
    const grant = await this.grants.find(id, transaction);
    if (grant?.issuer === user.issuer && grant.subject === user.subject) return grant;
    throw noSuchSession();
  }
}

const noSuchSession = () =>
  new SallyportError('ERR_NOT_FOUND', { reason: 'no such session', detail: 'No such session.' });
