import type { Transaction, Transactions } from '../transactions/transaction.js';
import type { AuthorizationCodeStore } from './authorization-code.store.js';
import type { GrantFilter, GrantStore } from './grant.store.js';
import type { Ending, Grant } from './grant.js';
import type { OpaqueTokenStore } from './opaque-token.store.js';
import {
  alice,
  at,
  authorizationCode,
  grant,
  hashOf,
  opaqueToken,
  userToken,
} from './sample-family.contract.js';
import type { UserTokenStore } from './user-token.store.js';
import type { UserToken } from './user-token.js';

interface Opened {
  readonly transactions: Transactions;
  readonly grants: GrantStore;
  readonly authorizationCodes: AuthorizationCodeStore;
  readonly userTokens: UserTokenStore;
  readonly opaqueTokens: OpaqueTokenStore;
  close(): Promise<void>;
}

const ending: Ending = { at: at(5), by: 'user:Алиса@mobile-app', reason: 'it\'s "lost" 📱' };

/** What every GrantStore must do. */
export function describeGrantStore(open: () => Promise<Opened>): void {
  let stores: Opened;
  beforeEach(async () => {
    stores = await open();
  });
  afterEach(() => stores.close());

  const run = <T>(work: (transaction: Transaction) => Promise<T>) => stores.transactions.run(work);
  const insert = (...given: Grant[]) =>
    run(async (transaction) => {
      for (const each of given) await stores.grants.insert(each, transaction);
    });
  const insertTokens = (...given: UserToken[]) =>
    run(async (transaction) => {
      for (const each of given) await stores.userTokens.insert(each, transaction);
    });
  const end = (ids: readonly string[], how = ending) =>
    run(async (tx) => (await stores.grants.end(ids, how, tx)).toSorted());
  const aliveIds = async (filter: GrantFilter, when = at(10)) =>
    (await stores.grants.listAlive(filter, when, 100)).map(({ id }) => id);
  const tokenOf = (number: number) => stores.userTokens.findByHash(hashOf(number));

  it.each([
    ['alive', grant('g')],
    ['ended', grant('g', { ended: ending })],
    ['silently ended', grant('g', { ended: { ...ending, reason: null } })],
    ['expired', grant('g', { expiresAt: at(-1000) })],
    [
      'nameless',
      grant('g', { device: { name: null, address: null, userAgent: null }, details: {} }),
    ],
  ])('finds the %s grant as it was inserted', async (_, given) => {
    await insert(given);
    expect(await stores.grants.find('g')).toEqual(given);
  });

  it('keeps its details apart from those of its callers', async () => {
    const details = { list: ['kept'] };
    await insert(grant('g', { details }));
    details.list.push('added after the insert');
    const found = (await stores.grants.find('g')) as { details: typeof details } | null;
    expect(found?.details).toEqual({ list: ['kept'] });
    found?.details.list.push('added to what was found');
    expect((await stores.grants.find('g'))?.details).toEqual({ list: ['kept'] });
  });

  it('reads what a transaction would leave, for those who name it', async () => {
    await insert(grant('a'));
    await run(async (transaction) => {
      await stores.grants.insert(grant('b'), transaction);
      await stores.grants.end(['a'], ending, transaction);
      expect(await stores.grants.find('b', transaction)).toEqual(grant('b'));
      const alive = await stores.grants.listAlive({ user: alice }, at(10), 10, transaction);
      expect(alive).toEqual([grant('b')]);
    });
  });

  it('lists those that match everything named, in byte order of their ids', async () => {
    await insert(
      grant('b'),
      grant('B', { clientId: 'backoffice-web' }),
      grant('a_', { loginId: 'other login' }),
      grant('a-', { subject: 'bob' }),
      grant('c', { issuer: 'https://other.example.com' }),
    );
    expect(await aliveIds({ user: alice })).toEqual(['B', 'a_', 'b']);
    expect(await aliveIds({ clientId: 'mobile-app' })).toEqual(['a-', 'a_', 'b', 'c']);
    expect(await aliveIds({ loginId: 'login' })).toEqual(['B', 'a-', 'b', 'c']);
    expect(await aliveIds({ user: alice, clientId: 'mobile-app' })).toEqual(['a_', 'b']);
    expect(await aliveIds({ user: alice, clientId: 'mobile-app', loginId: 'other login' })).toEqual(
      ['a_'],
    );
    expect(await aliveIds({})).toHaveLength(5);
  });

  it('lists them as they were inserted, no more than asked', async () => {
    await insert(grant('b'), grant('c'), grant('a'));
    expect(await stores.grants.listAlive({ user: alice }, at(10), 2)).toEqual([
      grant('a'),
      grant('b'),
    ]);
  });

  it('lists nothing that has ended or expired', async () => {
    await insert(
      grant('a', { expiresAt: at(10) }),
      grant('b', { expiresAt: at(11) }),
      grant('c', { ended: ending }),
    );
    expect(await aliveIds({ user: alice }, at(9))).toEqual(['a', 'b']);
    expect(await aliveIds({ user: alice }, at(10))).toEqual(['b']);
  });

  it('ends grants once, and returns those that it ended [C55]', async () => {
    await insert(grant('a'), grant('b'), grant('c'));
    expect(await end(['b', 'unknown', 'a', 'b'])).toEqual(['a', 'b']);
    expect(await end(['a', 'b'], { ...ending, at: at(9), by: 'other' })).toEqual([]);
    expect(await end([])).toEqual([]);
    expect(await stores.grants.find('a')).toEqual(grant('a', { ended: ending }));
    expect(await stores.grants.find('c')).toEqual(grant('c'));
  });

  it('marks the unspent tokens of what it ends as revoked, and no others [C66]', async () => {
    const spent = userToken(2, { consumedAt: at(3) });
    const revoked = userToken(3, { revokedAt: at(3), revokedBy: 'other', revokeReason: null });
    const stranger = userToken(4, { grantId: 'stranger' });
    await insert(grant('family'), grant('stranger'));
    await insertTokens(userToken(1), spent, revoked, stranger);
    await end(['family']);
    expect(await tokenOf(1)).toEqual(
      userToken(1, { revokedAt: ending.at, revokedBy: ending.by, revokeReason: ending.reason }),
    );
    expect(await Promise.all([tokenOf(2), tokenOf(3), tokenOf(4)])).toEqual([
      spent,
      revoked,
      stranger,
    ]);
  });

  it('leaves the tokens of a grant alone that had ended before', async () => {
    await insert(grant('family', { ended: ending }));
    await insertTokens(userToken(1));
    await end(['family']);
    expect(await tokenOf(1)).toEqual(userToken(1));
  });

  it('gives each grant to one of 20 who end them at once, in whatever order', async () => {
    const ids = Array.from({ length: 5 }, (_, index) => `g${String(index)}`);
    await insert(...ids.map((id) => grant(id)));
    const ended = await Promise.all(
      Array.from({ length: 20 }, (_, index) => end(index % 2 === 0 ? ids : ids.toReversed())),
    );
    expect(ended.flat().sort()).toEqual(ids);
  });

  it('undoes the insert and the end of a transaction that fails', async () => {
    await insert(grant('family'));
    await insertTokens(userToken(1));
    const failed = run(async (transaction) => {
      await stores.grants.insert(grant('b'), transaction);
      await stores.grants.end(['family'], ending, transaction);
      throw new Error('later step');
    });
    await expect(failed).rejects.toThrow('later step');
    expect(await stores.grants.find('b')).toBeNull();
    expect(await stores.grants.find('family')).toEqual(grant('family'));
    expect(await tokenOf(1)).toEqual(userToken(1));
  });

  it('prunes as many as asked of the grants that expired before an instant', async () => {
    await insert(
      grant('a', { expiresAt: at(1) }),
      grant('b', { expiresAt: at(2), ended: ending }),
      grant('c', { expiresAt: at(2) }),
      grant('d', { expiresAt: at(3) }),
    );
    expect(await stores.grants.prune(at(3), 2)).toBe(2);
    expect(await stores.grants.prune(at(3), 2)).toBe(1);
    expect(await stores.grants.prune(at(3), 2)).toBe(0);
    const left = await Promise.all(['a', 'b', 'c', 'd'].map((id) => stores.grants.find(id)));
    expect(left.map((found) => found?.id)).toEqual([undefined, undefined, undefined, 'd']);
  });

  it('prunes codes and tokens with their grant, and no others', async () => {
    await insert(grant('family', { expiresAt: at(1) }), grant('other'));
    await insertTokens(
      userToken(1, { consumedAt: at(1) }),
      userToken(2),
      userToken(3, { grantId: 'other' }),
    );
    await run(async (transaction) => {
      const { authorizationCodes, opaqueTokens } = stores;
      await authorizationCodes.insert(authorizationCode(1), transaction);
      await authorizationCodes.insert(authorizationCode(2, { grantId: 'other' }), transaction);
      await opaqueTokens.insert(opaqueToken(1), transaction);
      await opaqueTokens.insert(opaqueToken(2, { grantId: 'other' }), transaction);
      await opaqueTokens.insert(opaqueToken(3, { grantId: null }), transaction);
    });
    expect(await stores.grants.prune(at(2), 10)).toBe(1);
    const found = (records: readonly (object | null)[]) => records.map((each) => each !== null);
    const { authorizationCodes: codes, opaqueTokens } = stores;
    expect(found(await Promise.all([1, 2, 3].map(tokenOf)))).toEqual([false, false, true]);
    expect(found(await Promise.all([1, 2].map((code) => codes.find(hashOf(code)))))).toEqual([
      false,
      true,
    ]);
    expect(
      found(await Promise.all([1, 2, 3].map((token) => opaqueTokens.findByHash(hashOf(token))))),
    ).toEqual([false, true, true]);
  });

  it.each(["a'b", 'a\0b', '\ud800', '', '%', 'x'.repeat(5000)])(
    'finds nothing under the hostile text %#, and the transaction stays usable',
    async (text) => {
      await insert(grant('g'));
      expect(await stores.grants.find(text)).toBeNull();
      expect(await aliveIds({ user: { ...alice, subject: text } })).toEqual([]);
      expect(await aliveIds({ user: { ...alice, issuer: text } })).toEqual([]);
      expect(await aliveIds({ user: alice, clientId: text })).toEqual([]);
      expect(await aliveIds({ user: alice, loginId: text })).toEqual([]);
      await run(async (transaction) => {
        expect(await stores.grants.find(text, transaction)).toBeNull();
        expect(await stores.grants.end([text], ending, transaction)).toEqual([]);
        expect(await stores.grants.end([text, 'g'], ending, transaction)).toEqual(['g']);
      });
    },
  );

  it.each<Partial<Grant>>([
    { id: 'a\0b' },
    { subject: '\udfff' },
    { loginId: 'x'.repeat(5000) },
    { device: { ...grant('g').device, userAgent: 'a\0b' } },
    { details: { deep: [{ text: '\ud800' }] } },
  ])('refuses to keep the hostile text %#, and the transaction stays usable', async (changes) => {
    await run(async (transaction) => {
      const refused = stores.grants.insert(grant('a', changes), transaction);
      await expect(refused).rejects.toMatchObject({ code: 'ERR_INPUT_INVALID' });
      await stores.grants.insert(grant('b'), transaction);
    });
    expect(await stores.grants.find('b')).toEqual(grant('b'));
  });

  it.each([
    { ...ending, by: 'a\0b' },
    { ...ending, reason: '\ud800' },
  ])('refuses the hostile ending %#, and the transaction stays usable', async (hostile) => {
    await insert(grant('g'));
    await run(async (transaction) => {
      const refused = stores.grants.end(['g'], hostile, transaction);
      await expect(refused).rejects.toMatchObject({ code: 'ERR_INPUT_INVALID' });
      expect(await stores.grants.end(['g'], ending, transaction)).toEqual(['g']);
    });
  });
}
