import { atOnce, createSharedStores, ISSUER } from '../../../../test/support/lives.js';
import { durableStoreSets, type DurableStores } from '../../../../test/support/postgres.js';
import { createSessions, signIn } from '../../../../test/support/sessions.js';

const by = { actor: 'user:alice@mobile-app' };
const alice = { issuer: ISSUER, subject: 'alice' };

describe.each(durableStoreSets)('sessions on $name', ({ open }) => {
  let durable: DurableStores;
  beforeEach(async () => {
    durable = await open();
  });
  afterEach(() => durable.close());

  function setUp() {
    const { clock, randomness, list } = createSharedStores();
    const { transactions: database, loginSessions: logins } = durable;
    const stores = { ...durable, clock, randomness, list, database, logins };
    return { stores, instances: [createSessions(stores), createSessions(stores)] as const };
  }

  it('lists, renames and ends a session [C55] [C86]', async () => {
    const { stores, instances } = setUp();
    const [{ sessions }] = instances;
    const { id, loginId } = await signIn(stores);
    await sessions.rename(alice, id, 'phone', by);
    expect(await sessions.list(alice)).toMatchObject([{ id, device: { name: 'phone' } }]);
    expect(await sessions.end(alice, id, by)).toBe(true);
    expect(await sessions.end(alice, id, by)).toBe(false);
    expect(await sessions.list(alice)).toEqual([]);
    expect((await stores.logins.find(loginId))?.endedAt).toEqual(stores.clock.now());
  });

  it('lets one of 20 over two instances end a session', async () => {
    const { stores, instances } = setUp();
    const { id } = await signIn(stores);
    const results = await atOnce(20, instances, ({ sessions }) => sessions.end(alice, id, by));
    expect(results.filter(Boolean)).toHaveLength(1);
  });

  it('ends each session once, however many end them at once and in whatever way', async () => {
    const { stores, instances } = setUp();
    const [{ sessions, consent, told }, other] = instances;
    const current = await signIn(stores, { id: 'current' });
    await consent.record(alice, 'calendar', ['openid'], by);
    for (const id of ['g4', 'g2', 'g1', 'g3']) await signIn(stores, { id, clientId: 'calendar' });
    await Promise.all([
      ...['g3', 'g1', 'g4', 'g2'].map((id) => sessions.end(alice, id, by)),
      sessions.endOthers(alice, current.id, by),
      other.sessions.endOthers(alice, current.id, by),
      other.consent.withdraw(alice, 'calendar', by),
      sessions.endOfLogin('login of g2', by),
      other.sessions.endAll(alice, by),
      stores.database.run((transaction) => sessions.enforceLimit(alice, 2, transaction)),
    ]);
    expect(await sessions.list(alice)).toEqual([]);
    for (const { id } of [current, { id: 'g1' }, { id: 'g2' }, { id: 'g3' }, { id: 'g4' }]) {
      const changes = await stores.changes.listByObject(id, 10);
      expect(changes.filter(({ action }) => action === 'session.ended')).toHaveLength(1);
    }
    expect([...told, ...other.told].length).toBeGreaterThan(0);
  });

  it('keeps no more than the limit of 20 that sign in at once over two instances [C86]', async () => {
    const { stores, instances } = setUp();
    await atOnce(20, instances, async ({ sessions, endGrants }) => {
      await signIn(stores);
      const ended = await stores.database.run((transaction) =>
        sessions.enforceLimit(alice, 3, transaction),
      );
      await endGrants.announce(ended);
    });
    expect(await instances[0].sessions.list(alice)).toHaveLength(3);
  });
});
