import {
  SecurityEvents,
  type SecurityEvent,
} from '../../libs/sallyport/src/audit/security-events.js';
import { addSeconds } from '../../libs/sallyport/src/clock.js';
import { ConsentService } from '../../libs/sallyport/src/consents/consent.service.js';
import type { ConsentStore } from '../../libs/sallyport/src/consents/consent.store.js';
import type { LoginSessionStore } from '../../libs/sallyport/src/logins/login-session.store.js';
import { uuidv7 } from '../../libs/sallyport/src/randomness.js';
import { EndGrants } from '../../libs/sallyport/src/user-tokens/end-grants.js';
import type { GrantStore } from '../../libs/sallyport/src/user-tokens/grant.store.js';
import type { Grant } from '../../libs/sallyport/src/user-tokens/grant.js';
import { LivingGrants } from '../../libs/sallyport/src/user-tokens/living-grants.js';
import { LivingSessions } from '../../libs/sallyport/src/user-tokens/living-sessions.js';
import { SessionService } from '../../libs/sallyport/src/user-tokens/session.service.js';
import type { UserToken } from '../../libs/sallyport/src/user-tokens/user-token.js';
import type { UserTokenStore } from '../../libs/sallyport/src/user-tokens/user-token.store.js';
import { createRevocation, ISSUER } from './lives.js';

const DAY = 86_400;

type SessionStores = Parameters<typeof createRevocation>[0] & {
  readonly grants: GrantStore;
  readonly userTokens: UserTokenStore;
  readonly logins: LoginSessionStore;
  readonly consents: ConsentStore;
};

/** The services around sessions of one instance of the app, and what its listeners were told. */
export function createSessions(stores: SessionStores) {
  const { grants, userTokens, logins, consents, database, changes, clock, randomness } = stores;
  const { service: revocation } = createRevocation(stores);
  const events = new SecurityEvents();
  const told: SecurityEvent[] = [];
  events.subscribe((event) => told.push(event));
  const living = new LivingSessions(
    userTokens,
    grants,
    new LivingGrants(stores.revocations, clock),
    clock,
  );
  const endGrants = new EndGrants(
    grants,
    userTokens,
    revocation,
    database,
    changes,
    events,
    clock,
    randomness,
  );
  const sessions = new SessionService(
    grants,
    userTokens,
    logins,
    living,
    endGrants,
    revocation,
    database,
    changes,
    clock,
    randomness,
  );
  const consent = new ConsentService(consents, endGrants, database, changes, clock, randomness);
  return { revocation, endGrants, sessions, consent, told };
}

/** What a login leaves behind: the browser's session, what it gave the client, and the head of that family. */
export async function signIn(
  stores: SessionStores,
  { head, ...given }: Partial<Grant> & { readonly head?: Partial<UserToken> } = {},
): Promise<Grant> {
  const { clock, randomness, database, logins, grants, userTokens } = stores;
  const now = clock.now();
  const id = given.id ?? uuidv7(randomness, now);
  const grant: Grant = {
    id,
    issuer: ISSUER,
    subject: 'alice',
    clientId: 'mobile-app',
    loginId: `login of ${id}`,
    sid: `sid of ${id}`,
    details: {},
    userEpoch: 0,
    clientEpoch: 0,
    device: { name: null, address: '192.0.2.1', userAgent: 'phone' },
    createdAt: now,
    expiresAt: addSeconds(now, 90 * DAY),
    ended: null,
    ...given,
  };
  const { issuer, subject, clientId, sid, device, loginId, userEpoch, createdAt, expiresAt } =
    grant;
  await database.run(async (transaction) => {
    const login = { id: loginId, cookieHash: loginId, issuer, subject, userEpoch, details: {} };
    await logins.put({ ...login, createdAt, expiresAt }, transaction);
    await grants.insert(grant, transaction);
    const token: UserToken = {
      id: uuidv7(randomness, now),
      secretHash: id,
      grantId: id,
      issuer,
      subject,
      clientId,
      sid,
      device,
      details: {},
      startedAt: createdAt,
      createdAt,
      lastUsedAt: now,
      idleEndsAt: addSeconds(now, 14 * DAY),
      endsAt: expiresAt,
      consumedAt: null,
      successorId: null,
      sealedAnswer: null,
      revokedAt: null,
      revokedBy: null,
      revokeReason: null,
      ...head,
    };
    await userTokens.insert(token, transaction);
  });
  return grant;
}
