import { atOnce, createSharedStores, ISSUER } from '../../../../test/support/lives.js';
import { createSessions, signIn } from '../../../../test/support/sessions.js';
import { addSeconds } from '../clock.js';
import { revocationKey } from '../revocation/revocation.js';

const by = { actor: 'user:alice@mobile-app', reason: 'lost phone' };
const alice = { issuer: ISSUER, subject: 'alice' };
const bob = { issuer: ISSUER, subject: 'bob' };

function setUp() {
  const stores = createSharedStores();
  const instance = createSessions(stores);
  const idsOf = async (user = alice) => (await instance.sessions.list(user)).map(({ id }) => id);
  const isLoggedIn = async (loginId: string) =>
    (await stores.logins.find(loginId))?.endedAt === null;
  const isRevoked = async (gid: string) => {
    const [mark] = await stores.revocations.marks([
      revocationKey({ kind: 'grant', issuer: ISSUER, gid }),
    ]);
    return mark !== null && mark !== undefined;
  };
  const actionsOn = async (object: string) =>
    (await stores.changes.listByObject(object, 10)).map(({ action }) => action).sort();
  return { stores, ...instance, idsOf, isLoggedIn, isRevoked, actionsOn };
}

describe('SessionService', () => {
  describe('list', () => {
    it('shows each device of the user with its client, last used first [C86]', async () => {
      const { stores, sessions } = setUp();
      const phone = await signIn(stores);
      const startedAt = stores.clock.now();
      stores.clock.advance(60);
      const browser = await signIn(stores, { clientId: 'backoffice-web' });
      await signIn(stores, bob);

      const [first, second, ...others] = await sessions.list(alice);
      expect(others).toEqual([]);
      expect(first).toMatchObject({ id: browser.id, clientId: 'backoffice-web' });
      expect(second).toEqual({
        id: phone.id,
        clientId: 'mobile-app',
        sid: phone.sid,
        device: phone.device,
        startedAt,
        lastUsedAt: startedAt,
        expiresAt: addSeconds(startedAt, 14 * 86_400),
      });
    });

    it('lets a session expire at its absolute end where that comes before the idle one', async () => {
      const { stores, sessions } = setUp();
      const endsAt = addSeconds(stores.clock.now(), 3600);
      await signIn(stores, { head: { endsAt } });
      expect((await sessions.list(alice))[0]?.expiresAt).toEqual(endsAt);
    });

    it.each([
      ['the user', { kind: 'user', ...alice }],
      ['the client', { kind: 'client', clientId: 'mobile-app' }],
      ['the grant', { kind: 'grant', issuer: ISSUER, gid: 'g1' }],
      ['the session', { kind: 'session', issuer: ISSUER, sid: 's1' }],
    ] as const)('hides what the revocation of %s has ended', async (_what, target) => {
      const { stores, revocation, idsOf } = setUp();
      await signIn(stores, { id: 'g1', sid: 's1' });
      expect(await idsOf()).toEqual(['g1']);
      await revocation.revoke(target, by);
      expect(await idsOf()).toEqual([]);
    });

    it('shows what began after the epoch was raised', async () => {
      const { stores, revocation, idsOf } = setUp();
      await signIn(stores);
      await revocation.revoke({ kind: 'user', ...alice }, by);
      const { id } = await signIn(stores, { userEpoch: 1 });
      expect(await idsOf()).toEqual([id]);
    });

    it('hides a family whose grant has expired', async () => {
      const { stores, idsOf } = setUp();
      const { id } = await signIn(stores, { expiresAt: addSeconds(stores.clock.now(), 60) });
      const endsAt = addSeconds(stores.clock.now(), 3600);
      await signIn(stores, {
        id: 'g2',
        expiresAt: addSeconds(stores.clock.now(), 60),
        head: { endsAt },
      });
      expect((await idsOf()).sort()).toEqual([id, 'g2'].sort());
      stores.clock.advance(61);
      expect(await idsOf()).toEqual([]);
    });
  });

  describe('rename', () => {
    it('names a device and takes the name away again [C86]', async () => {
      const { stores, sessions, actionsOn } = setUp();
      const { id } = await signIn(stores);
      await sessions.rename(alice, id, 'Alice’s phone', by);
      expect((await sessions.list(alice))[0]?.device.name).toBe('Alice’s phone');
      await sessions.rename(alice, id, null, by);
      expect((await sessions.list(alice))[0]?.device.name).toBeNull();
      expect(await actionsOn(id)).toEqual(['session.renamed', 'session.renamed']);
    });

    it.each(['', ' ', 'a\nb', 'x'.repeat(101)])('refuses the name %j', async (name) => {
      const { stores, sessions } = setUp();
      const { id } = await signIn(stores);
      await expect(sessions.rename(alice, id, name, by)).rejects.toMatchObject({
        code: 'ERR_INPUT_INVALID',
      });
    });

    it('finds neither an unknown session nor another user’s', async () => {
      const { stores, sessions, actionsOn } = setUp();
      const { id } = await signIn(stores);
      for (const [user, of] of [
        [alice, 'unknown'],
        [bob, id],
        [{ ...alice, issuer: 'https://other.example.com' }, id],
      ] as const) {
        const refused = sessions.rename(user, of, 'mine', by);
        await expect(refused).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
      }
      expect((await sessions.list(alice))[0]?.device.name).toBeNull();
      expect(await actionsOn(id)).toEqual([]);
    });
  });

  describe('end', () => {
    it('ends the family, its access tokens and the login it came from, and no other [C55]', async () => {
      const { stores, sessions, idsOf, isLoggedIn, isRevoked, actionsOn, told } = setUp();
      const { id, loginId } = await signIn(stores);
      const other = await signIn(stores);
      const sameLogin = await signIn(stores, { clientId: 'backoffice-web', loginId });

      expect(await sessions.end(alice, id, by)).toBe(true);
      expect((await idsOf()).sort()).toEqual([other.id, sameLogin.id].sort());
      expect(await isLoggedIn(loginId)).toBe(false);
      expect(await isLoggedIn(other.loginId)).toBe(true);
      expect(await isRevoked(id)).toBe(true);
      expect(await isRevoked(sameLogin.id)).toBe(false);
      expect(await stores.revocations.unpublished(10)).toEqual([]);
      expect(await actionsOn(id)).toEqual(['grant.revoked', 'session.ended']);
      expect(told).toEqual([
        { kind: 'session.ended', ...alice, clientId: 'mobile-app', grantId: id },
      ]);
    });

    it('writes on the refresh token who revoked it and why [C83]', async () => {
      const { stores, sessions } = setUp();
      const { id } = await signIn(stores);
      const revokedAt = stores.clock.now();
      await sessions.end(alice, id, by);
      expect(await stores.userTokens.findByHash(id)).toMatchObject({
        revokedAt,
        revokedBy: by.actor,
        revokeReason: by.reason,
      });
    });

    it('finds neither an unknown session nor another user’s, and ends nothing', async () => {
      const { stores, sessions, idsOf, isLoggedIn } = setUp();
      const { id, loginId } = await signIn(stores);
      for (const [user, of] of [
        [alice, 'unknown'],
        [bob, id],
        [{ ...alice, issuer: 'https://other.example.com' }, id],
      ] as const) {
        await expect(sessions.end(user, of, by)).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
      }
      expect(await idsOf()).toEqual([id]);
      expect(await isLoggedIn(loginId)).toBe(true);
    });

    it('lets one of 20 over two instances end it', async () => {
      const { stores, sessions, told, actionsOn } = setUp();
      const other = createSessions(stores);
      const { id } = await signIn(stores);
      const results = await atOnce(20, [sessions, other.sessions], (service) =>
        service.end(alice, id, by),
      );
      expect(results.filter(Boolean)).toHaveLength(1);
      expect([...told, ...other.told]).toHaveLength(1);
      expect(await actionsOn(id)).toEqual(['grant.revoked', 'session.ended']);
    });

    it('leaves everything as it was, and tells nobody, when the host rolls back', async () => {
      const { stores, sessions, idsOf, isLoggedIn, isRevoked, actionsOn, told } = setUp();
      const { id, loginId } = await signIn(stores);
      const failed = stores.database.run(async (transaction) => {
        expect(await sessions.end(alice, id, by, transaction)).toBe(true);
        throw new Error('the host changed its mind');
      });
      await expect(failed).rejects.toThrow('changed its mind');
      expect(await idsOf()).toEqual([id]);
      expect(await isLoggedIn(loginId)).toBe(true);
      expect(await isRevoked(id)).toBe(false);
      expect(await actionsOn(id)).toEqual([]);
      expect(told).toEqual([]);
    });
  });

  describe('endOthers', () => {
    it('keeps the current session and its login, and ends the rest with theirs [C86]', async () => {
      const { stores, sessions, idsOf, isLoggedIn } = setUp();
      const current = await signIn(stores);
      const sameLogin = await signIn(stores, { loginId: current.loginId });
      const elsewhere = await signIn(stores, { clientId: 'backoffice-web' });
      const bobs = await signIn(stores, bob);

      expect(await sessions.endOthers(alice, current.id, by)).toBe(2);
      expect(await idsOf()).toEqual([current.id]);
      expect(await isLoggedIn(current.loginId)).toBe(true);
      expect(await isLoggedIn(elsewhere.loginId)).toBe(false);
      expect((await stores.grants.find(sameLogin.id))?.ended).not.toBeNull();
      expect(await idsOf(bob)).toEqual([bobs.id]);
      expect(await isLoggedIn(bobs.loginId)).toBe(true);
    });

    it('ends more than a page of them', async () => {
      const { stores, sessions, idsOf, told } = setUp();
      for (let count = 0; count < 205; count += 1) await signIn(stores);
      const { id } = await signIn(stores);
      expect(await sessions.endOthers(alice, id, by)).toBe(205);
      expect(await idsOf()).toEqual([id]);
      expect(told).toHaveLength(205);
    });

    it('ends nothing for a session that is another user’s', async () => {
      const { stores, sessions, idsOf } = setUp();
      const { id } = await signIn(stores);
      const bobs = await signIn(stores, bob);
      const refused = sessions.endOthers(alice, bobs.id, by);
      await expect(refused).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
      expect(await idsOf()).toEqual([id]);
    });

    it('ends each session once, whichever of 20 over two instances is first', async () => {
      const { stores, sessions, idsOf } = setUp();
      const current = await signIn(stores);
      for (let count = 0; count < 3; count += 1) await signIn(stores);
      const instances = [sessions, createSessions(stores).sessions] as const;
      const counts = await atOnce(20, instances, (service) =>
        service.endOthers(alice, current.id, by),
      );
      expect(counts.sort((a, b) => b - a)).toEqual([3, ...Array<number>(19).fill(0)]);
      expect(await idsOf()).toEqual([current.id]);
    });
  });

  describe('endAll', () => {
    it('ends every session and raises the epoch that logins and codes carry [C55]', async () => {
      const { stores, sessions, revocation, idsOf, isRevoked } = setUp();
      const { id } = await signIn(stores);
      await sessions.endAll(alice, by);
      expect(await idsOf()).toEqual([]);
      expect((await stores.grants.find(id))?.ended).toEqual({
        at: stores.clock.now(),
        by: by.actor,
        reason: by.reason,
      });
      expect(await isRevoked(id)).toBe(true);
      const epochs = await revocation.currentEpochs({ user: alice, clientId: 'mobile-app' });
      expect(epochs.user).toBe(1);
      expect(await stores.revocations.unpublished(10)).toEqual([]);
    });

    it('raises the epoch of a user without sessions too, and tells every instance', async () => {
      const { stores, sessions } = setUp();
      await sessions.endAll(alice, by);
      expect(stores.list.published.map(({ key }) => key)).toEqual([
        revocationKey({ kind: 'user', ...alice }),
      ]);
    });

    it('raises nothing when the host rolls back', async () => {
      const { stores, sessions, revocation, idsOf } = setUp();
      const { id } = await signIn(stores);
      const failed = stores.database.run(async (transaction) => {
        await sessions.endAll(alice, by, transaction);
        throw new Error('the host changed its mind');
      });
      await expect(failed).rejects.toThrow('changed its mind');
      expect(await idsOf()).toEqual([id]);
      const epochs = await revocation.currentEpochs({ user: alice, clientId: 'mobile-app' });
      expect(epochs.user).toBe(0);
    });
  });

  describe('endOfLogin', () => {
    it('ends the login and all that was granted in it, and no other', async () => {
      const { stores, sessions, idsOf, isLoggedIn } = setUp();
      const { loginId } = await signIn(stores);
      await signIn(stores, { clientId: 'backoffice-web', loginId });
      const other = await signIn(stores);
      await sessions.endOfLogin(loginId, by);
      expect(await isLoggedIn(loginId)).toBe(false);
      expect(await idsOf()).toEqual([other.id]);
      expect(await isLoggedIn(other.loginId)).toBe(true);
    });

    it('ends a login in which nobody has signed in', async () => {
      const { stores, sessions, isLoggedIn } = setUp();
      const createdAt = stores.clock.now();
      await stores.database.run((transaction) =>
        stores.logins.put(
          {
            id: 'l1',
            cookieHash: 'c1',
            issuer: null,
            subject: null,
            userEpoch: null,
            details: {},
            createdAt,
            expiresAt: addSeconds(createdAt, 60),
          },
          transaction,
        ),
      );
      await sessions.endOfLogin('l1', by);
      expect(await isLoggedIn('l1')).toBe(false);
    });

    it('does nothing for a login that is unknown', async () => {
      const { stores, sessions, idsOf } = setUp();
      const { id } = await signIn(stores);
      await sessions.endOfLogin('unknown', by);
      expect(await idsOf()).toEqual([id]);
    });
  });

  describe('enforceLimit', () => {
    it('ends the least recently used sessions beyond the limit, not their logins [C86]', async () => {
      const { stores, sessions, idsOf, isLoggedIn, actionsOn } = setUp();
      const grants = [];
      for (let count = 0; count < 4; count += 1) {
        grants.push(await signIn(stores));
        stores.clock.advance(1);
      }
      const [oldest, older, ...kept] = grants;
      const ended = await stores.database.run((transaction) =>
        sessions.enforceLimit(alice, 2, transaction),
      );
      expect(ended).toEqual([older, oldest]);
      expect((await idsOf()).sort()).toEqual(kept.map(({ id }) => id).sort());
      expect(await isLoggedIn(oldest?.loginId ?? '')).toBe(true);
      const [change] = await stores.changes.listByObject(oldest?.id ?? '', 10);
      expect(change?.actor).toBe('session-limit');
      expect(await actionsOn(oldest?.id ?? '')).toEqual(['grant.revoked', 'session.ended']);
    });

    it('ends none within the limit, nor another user’s', async () => {
      const { stores, sessions, idsOf } = setUp();
      for (const user of [alice, alice, bob]) await signIn(stores, user);
      const ended = await stores.database.run((transaction) =>
        sessions.enforceLimit(alice, 2, transaction),
      );
      expect(ended).toEqual([]);
      expect(await idsOf()).toHaveLength(2);
      expect(await idsOf(bob)).toHaveLength(1);
    });

    it('does not count what an epoch has ended', async () => {
      const { stores, sessions, revocation, idsOf } = setUp();
      for (let count = 0; count < 3; count += 1) await signIn(stores);
      await revocation.revoke({ kind: 'user', ...alice }, by);
      for (let count = 0; count < 2; count += 1) await signIn(stores, { userEpoch: 1 });
      const ended = await stores.database.run((transaction) =>
        sessions.enforceLimit(alice, 2, transaction),
      );
      expect(ended).toEqual([]);
      expect(await idsOf()).toHaveLength(2);
    });

    it('keeps the one that was made last of those used in one instant', async () => {
      const { stores, sessions, idsOf } = setUp();
      await signIn(stores);
      const { id } = await signIn(stores);
      await stores.database.run((transaction) => sessions.enforceLimit(alice, 1, transaction));
      expect(await idsOf()).toEqual([id]);
    });

    it('ends more than a page of them when the limit was lowered', async () => {
      const { stores, sessions, idsOf } = setUp();
      for (let count = 0; count < 205; count += 1) await signIn(stores);
      const ended = await stores.database.run((transaction) =>
        sessions.enforceLimit(alice, 1, transaction),
      );
      expect(ended).toHaveLength(204);
      expect(await idsOf()).toHaveLength(1);
    });
  });
});
