import { createSharedStores, ISSUER } from '../../../../test/support/lives.js';
import { createSessions, signIn } from '../../../../test/support/sessions.js';

const by = { actor: 'client:mobile-app', reason: 'refresh token used again' };
const alice = { issuer: ISSUER, subject: 'alice' };

function setUp() {
  const stores = createSharedStores();
  const instance = createSessions(stores);
  const isEnded = async (id: string) => (await stores.grants.find(id))?.ended !== null;
  return { stores, ...instance, isEnded };
}

describe('EndGrants', () => {
  it('ends the grants of these ids and reports those that this call ended', async () => {
    const { stores, endGrants, isEnded, told } = setUp();
    const first = await signIn(stores);
    const second = await signIn(stores);
    const ids = [first.id, first.id, 'unknown'];
    expect(await endGrants.end(ids, by)).toEqual([first]);
    expect(await endGrants.end(ids, by)).toEqual([]);
    expect(await isEnded(second.id)).toBe(false);
    expect(told).toHaveLength(1);
  });

  it('brings what it ended to the list before it returns', async () => {
    const { stores, endGrants } = setUp();
    const { id } = await signIn(stores);
    await endGrants.end([id], by);
    expect(stores.list.published.map(({ key }) => key)).toEqual([
      JSON.stringify(['grant', ISSUER, id]),
    ]);
  });

  it('ends what matches everything named', async () => {
    const { stores, endGrants, isEnded } = setUp();
    const meant = await signIn(stores);
    const others = [
      await signIn(stores, { clientId: 'backoffice-web' }),
      await signIn(stores, { subject: 'bob' }),
      await signIn(stores, { issuer: 'https://other.example.com' }),
    ];
    const filter = { user: alice, clientId: 'mobile-app' };
    expect(await endGrants.endMatching(filter, by)).toEqual([meant]);
    for (const { id } of others) expect(await isEnded(id)).toBe(false);
  });

  it.each([{}, { exceptId: 'g1' }])('refuses to end every grant there is: %j', async (filter) => {
    const { stores, endGrants, isEnded } = setUp();
    const { id } = await signIn(stores);
    await expect(endGrants.endMatching(filter, by)).rejects.toThrow(TypeError);
    expect(await isEnded(id)).toBe(false);
  });

  it('tells nobody of what its caller may still undo', async () => {
    const { stores, endGrants, told } = setUp();
    const { id, clientId } = await signIn(stores);
    const ended = await stores.database.run((transaction) =>
      endGrants.endMatching({ user: alice }, by, transaction),
    );
    expect(told).toEqual([]);
    expect(stores.list.published).toEqual([]);

    await endGrants.announce(ended);
    expect(told).toEqual([{ kind: 'session.ended', ...alice, clientId, grantId: id }]);
    expect(stores.list.published).toHaveLength(1);
  });
});
