import { Provider, type AdapterPayload } from 'oidc-provider';
import type { Clock } from '../../clock.js';
import type { LoginSessionStore } from '../../logins/login-session.store.js';
import type { LoginSession } from '../../logins/login-session.js';
import type { RevocationService } from '../../revocation/revocation.service.js';
import type { Transactions } from '../../transactions/transaction.js';
import { dateOf, hashOf, ModelAdapter, withoutSecret } from './model-adapter.js';

/**
 * Browser sessions, found by the hash of their cookie. One from before its user's epoch was raised (password
 * changed, suspended, signed out everywhere) is none any more.
 */
export class SessionAdapter extends ModelAdapter {
  constructor(
    private readonly store: LoginSessionStore,
    private readonly revocations: RevocationService,
    private readonly transactions: Transactions,
    private readonly clock: Clock,
    private readonly issuer: string,
  ) {
    super('Session');
  }

  override async upsert(cookie: string, payload: AdapterPayload): Promise<void> {
    const { accountId, uid } = payload;
    // Before anyone has signed in there is nothing to remember, and anybody could have us do so without end.
    if (accountId === undefined) return;
    if (uid === undefined) throw new TypeError('a session without uid');
    await this.transactions.run((transaction) =>
      this.store.put(
        {
          id: uid,
          cookieHash: hashOf(cookie),
          issuer: this.issuer,
          subject: accountId,
          userEpoch: epochOfLogin(accountId),
          details: withoutSecret(payload),
          createdAt: this.clock.now(),
          expiresAt: dateOf(payload.exp),
        },
        transaction,
      ),
    );
  }

  override async find(cookie: string): Promise<AdapterPayload | undefined> {
    const session = await this.store.findByCookie(hashOf(cookie));
    return session !== null && (await this.isAlive(session))
      ? { ...session.details, jti: cookie }
      : undefined;
  }

  override async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    const session = await this.store.find(uid);
    return session !== null && (await this.isAlive(session)) ? { ...session.details } : undefined;
  }

  /** A cookie that was replaced: its hash is gone from the record. Signing out ends the record itself. */
  override destroy(): Promise<void> {
    return Promise.resolve();
  }

  private async isAlive({ endedAt, issuer, subject, userEpoch }: LoginSession): Promise<boolean> {
    if (endedAt !== null) return false;
    if (issuer === null || subject === null) return true;
    const epochs = await this.revocations.currentEpochs({
      user: { issuer, subject },
      clientId: '',
    });
    return userEpoch >= epochs.user;
  }
}

/** The epoch that the login page read before it looked at the password; null unless this request is that login's. */
function epochOfLogin(accountId: string): number | null {
  const ctx = Provider.ctx;
  const login = ctx?.oidc.route === 'resume' ? ctx.oidc.result?.login : undefined;
  if (login?.accountId !== accountId) return null;
  if (typeof login.userEpoch !== 'number') throw new TypeError('a login without epoch');
  return login.userEpoch;
}
