import { atOnce, createSharedStores, ISSUER } from '../../../../test/support/lives.js';
import { createSessions, signIn } from '../../../../test/support/sessions.js';

const by = { actor: 'user:alice@calendar' };
const alice = { issuer: ISSUER, subject: 'alice' };
const bob = { issuer: ISSUER, subject: 'bob' };

function setUp() {
  const stores = createSharedStores();
  const instance = createSessions(stores);
  const isEnded = async (id: string) => (await stores.grants.find(id))?.ended !== null;
  return { stores, ...instance, isEnded };
}

describe('ConsentService', () => {
  it('remembers what a user agreed to, and adds what they agree to later', async () => {
    const { stores, consent } = setUp();
    await consent.record(alice, 'calendar', ['openid', 'invoices:read', 'openid'], by);
    await consent.record(alice, 'calendar', ['email'], by);
    const agreed = {
      ...alice,
      clientId: 'calendar',
      scope: ['email', 'invoices:read', 'openid'],
      grantedAt: stores.clock.now(),
    };
    expect(await consent.find(alice, 'calendar')).toEqual(agreed);
    expect(await consent.list(alice)).toEqual([agreed]);
  });

  it('writes down who agreed to what', async () => {
    const { stores, consent } = setUp();
    await consent.record(alice, 'calendar', ['openid', 'email'], by);
    expect(await stores.changes.listByObject('alice', 10)).toMatchObject([
      {
        action: 'consent.granted',
        actor: by.actor,
        details: { issuer: ISSUER, clientId: 'calendar', scope: 'email openid' },
      },
    ]);
  });

  it.each(['', 'a b', 'a"b', 'ä'])('refuses the scope value %j', async (value) => {
    const { consent } = setUp();
    await expect(consent.record(alice, 'calendar', [value], by)).rejects.toMatchObject({
      code: 'ERR_INPUT_INVALID',
    });
    expect(await consent.list(alice)).toEqual([]);
  });

  it('takes a consent back with all that the client was given, and no more [C55]', async () => {
    const { stores, consent, isEnded, told } = setUp();
    await consent.record(alice, 'calendar', ['openid'], by);
    await consent.record(alice, 'notes', ['openid'], by);
    await consent.record(bob, 'calendar', ['openid'], by);
    const given = await signIn(stores, { clientId: 'calendar' });
    const others = [
      await signIn(stores, { clientId: 'notes' }),
      await signIn(stores, { clientId: 'calendar', subject: 'bob' }),
    ];

    expect(await consent.withdraw(alice, 'calendar', by)).toBe(true);
    expect(await consent.find(alice, 'calendar')).toBeNull();
    expect(await isEnded(given.id)).toBe(true);
    for (const { id } of others) expect(await isEnded(id)).toBe(false);
    expect((await consent.list(alice)).map(({ clientId }) => clientId)).toEqual(['notes']);
    expect(await consent.find(bob, 'calendar')).not.toBeNull();
    expect(told).toMatchObject([{ kind: 'session.ended', grantId: given.id }]);
    expect(await stores.revocations.unpublished(10)).toEqual([]);
  });

  it('ends nothing for a client that had no consent to take back', async () => {
    const { stores, consent, isEnded } = setUp();
    const { id } = await signIn(stores);
    expect(await consent.withdraw(alice, 'mobile-app', by)).toBe(false);
    expect(await isEnded(id)).toBe(false);
    expect(await stores.changes.listByObject('alice', 10)).toEqual([]);
  });

  it('lets one of 20 over two instances take it back', async () => {
    const { stores, consent } = setUp();
    await consent.record(alice, 'calendar', ['openid'], by);
    const results = await atOnce(20, [consent, createSessions(stores).consent], (service) =>
      service.withdraw(alice, 'calendar', by),
    );
    expect(results.filter(Boolean)).toHaveLength(1);
    const changes = await stores.changes.listByObject('alice', 50);
    expect(changes.filter(({ action }) => action === 'consent.withdrawn')).toHaveLength(1);
  });

  it('keeps consent and grants as they were when the host rolls back', async () => {
    const { stores, consent, isEnded, told } = setUp();
    await consent.record(alice, 'calendar', ['openid'], by);
    const { id } = await signIn(stores, { clientId: 'calendar' });
    const failed = stores.database.run(async (transaction) => {
      await consent.withdraw(alice, 'calendar', by, transaction);
      throw new Error('the host changed its mind');
    });
    await expect(failed).rejects.toThrow('changed its mind');
    expect(await consent.find(alice, 'calendar')).not.toBeNull();
    expect(await isEnded(id)).toBe(false);
    expect(told).toEqual([]);
  });
});
