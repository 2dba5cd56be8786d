import { winnersOf20 } from '../transactions/transactions.contract.js';
import type { Transaction, Transactions } from '../transactions/transaction.js';
import type { UserId } from '../users/user.js';
import type { GrantStore } from './grant.store.js';
import { overlapping } from './overlapping-transactions.contract.js';
import { alice, at, grant, hashOf, userToken, uuid } from './sample-family.contract.js';
import type { UserTokenStore } from './user-token.store.js';
import type { Consumption, UserToken } from './user-token.js';

interface Opened {
  readonly transactions: Transactions;
  readonly grants: GrantStore;
  readonly userTokens: UserTokenStore;
  close(): Promise<void>;
}

const consumption: Consumption = { at: at(3), successorId: uuid(2), sealedAnswer: 'sealed 1' };

const revoked = { revokedAt: at(2), revokedBy: 'user:Алиса@app', revokeReason: "it's lost 📱" };

/** What every UserTokenStore must do. */
export function describeUserTokenStore(open: () => Promise<Opened>): void {
  let stores: Opened;
  beforeEach(async () => {
    stores = await open();
  });
  afterEach(() => stores.close());

  const run = <T>(work: (transaction: Transaction) => Promise<T>) => stores.transactions.run(work);
  const insert = (...given: UserToken[]) =>
    run(async (transaction) => {
      for (const token of given) await stores.userTokens.insert(token, transaction);
    });
  const find = (number: number) => stores.userTokens.findByHash(hashOf(number));
  const consume = (tx: Transaction) => stores.userTokens.consume(uuid(1), consumption, tx);
  const headIds = async (user: UserId = alice, when = at(10)) =>
    (await stores.userTokens.listHeads(user, when, 100)).map(({ id }) => id);
  const rename = (user: UserId, grantId: string, name: string | null) =>
    run((tx) => stores.userTokens.rename(user, grantId, name, tx));

  it.each([
    ['unspent', userToken(1)],
    ['consumed', userToken(1, { consumedAt: at(2), successorId: uuid(2), sealedAnswer: 'ä' })],
    ['revoked', userToken(1, revoked)],
    ['expired', userToken(1, { idleEndsAt: at(-2000), endsAt: at(-1000) })],
    ['nameless', userToken(1, { device: { name: null, address: null, userAgent: null } })],
  ])('finds the %s token as it was inserted [C83]', async (_, given) => {
    await insert(given);
    expect(await find(1)).toEqual(given);
  });

  it('keeps its details apart from those of its callers', async () => {
    const details = { list: ['kept'] };
    await insert(userToken(1, { details }));
    details.list.push('added after the insert');
    const found = (await find(1)) as { details: typeof details } | null;
    expect(found?.details).toEqual({ list: ['kept'] });
    found?.details.list.push('added to what was found');
    expect((await find(1))?.details).toEqual({ list: ['kept'] });
  });

  it('consumes a token once and returns it as it then stands', async () => {
    await insert(userToken(1), userToken(3));
    const consumed = userToken(1, {
      consumedAt: at(3),
      successorId: uuid(2),
      sealedAnswer: 'sealed 1',
    });
    expect(await run(consume)).toEqual(consumed);
    expect(await run(consume)).toBeNull();
    expect(await find(1)).toEqual(consumed);
    expect(await find(3)).toEqual(userToken(3));
  });

  it('consumes a token without a successor', async () => {
    await insert(userToken(1));
    const last = { at: at(3), successorId: null, sealedAnswer: null };
    const consumed = userToken(1, { consumedAt: at(3) });
    expect(await run((tx) => stores.userTokens.consume(uuid(1), last, tx))).toEqual(consumed);
    expect(await find(1)).toEqual(consumed);
  });

  it('consumes nothing that is revoked', async () => {
    await insert(userToken(1, revoked));
    expect(await run(consume)).toBeNull();
    expect(await find(1)).toEqual(userToken(1, revoked));
  });

  it('takes the sealed answer off the predecessor, and off no other [W1]', async () => {
    const spent = { consumedAt: at(1), sealedAnswer: 'sealed' };
    const predecessor = userToken(8, { ...spent, successorId: uuid(1) });
    const stranger = userToken(9, { ...spent, successorId: uuid(7) });
    await insert(predecessor, stranger, userToken(1));
    await run(consume);
    expect(await find(8)).toEqual({ ...predecessor, sealedAnswer: null });
    expect(await find(9)).toEqual(stranger);
    expect((await find(1))?.sealedAnswer).toBe('sealed 1');
  });

  it('leaves the predecessor its sealed answer when the token was not consumed', async () => {
    const predecessor = userToken(8, { sealedAnswer: 'sealed', successorId: uuid(1) });
    await insert(predecessor, userToken(1, revoked));
    await run(consume);
    expect(await find(8)).toEqual(predecessor);
  });

  it('lets one of 20 refreshes of a token win [W1]', async () => {
    await insert(userToken(1));
    const winners = await winnersOf20(
      stores.transactions,
      async (tx) => (await consume(tx)) !== null,
    );
    expect(winners).toBe(1);
  });

  it.each([
    ['loses when that one commits', 'commit', false],
    ['wins when that one fails', 'rollback', true],
  ] as const)(
    'makes whoever comes while another transaction has consumed the token wait: it %s',
    async (_, firstEnds, isWinner) => {
      await insert(userToken(1));
      const second = await overlapping(stores.transactions, consume, firstEnds, consume);
      expect(second.hasWaited).toBe(true);
      expect(second.result !== null).toBe(isWinner);
    },
  );

  it('consumes nothing that another transaction is just ending', async () => {
    await insert(userToken(1));
    await run((tx) => stores.grants.insert(grant('family'), tx));
    const ending = { at: at(2), by: 'test', reason: null };
    const end = (tx: Transaction) => stores.grants.end(['family'], ending, tx);
    const second = await overlapping(stores.transactions, end, 'commit', consume);
    expect(second).toEqual({ hasWaited: true, result: null });
  });

  it('undoes an insert, a consumption and a name of a transaction that fails', async () => {
    const predecessor = userToken(8, { sealedAnswer: 'sealed', successorId: uuid(1) });
    const other = userToken(5, { grantId: 'other' });
    await insert(predecessor, userToken(1), other);
    const failed = run(async (transaction) => {
      await stores.userTokens.insert(userToken(2), transaction);
      await consume(transaction);
      await stores.userTokens.rename(alice, 'other', 'tablet', transaction);
      throw new Error('later step');
    });
    await expect(failed).rejects.toThrow('later step');
    expect(await find(2)).toBeNull();
    expect(await find(8)).toEqual(predecessor);
    expect(await find(1)).toEqual(userToken(1));
    expect(await find(5)).toEqual(other);
  });

  it('lists the heads of a user as they are, last used first, no more than asked [C86]', async () => {
    await insert(
      userToken(1, { lastUsedAt: at(2) }),
      userToken(2, { lastUsedAt: at(4) }),
      userToken(3, { lastUsedAt: at(3) }),
      userToken(4, { subject: 'bob' }),
      userToken(5, { issuer: 'https://other.example.com' }),
    );
    expect(await headIds()).toEqual([uuid(2), uuid(3), uuid(1)]);
    expect(await stores.userTokens.listHeads(alice, at(10), 1)).toEqual([
      userToken(2, { lastUsedAt: at(4) }),
    ]);
  });

  it('lists heads that were used at one instant by their ids, newest first', async () => {
    await insert(userToken(2), userToken(3), userToken(1));
    expect(await headIds()).toEqual([uuid(3), uuid(2), uuid(1)]);
  });

  it('lists nothing that is consumed, revoked or past either end', async () => {
    await insert(
      userToken(1, { consumedAt: at(2) }),
      userToken(2, revoked),
      userToken(3, { idleEndsAt: at(20), endsAt: at(50) }),
      userToken(4, { idleEndsAt: at(50), endsAt: at(20) }),
      userToken(5, { idleEndsAt: at(21), endsAt: at(21) }),
    );
    expect(await headIds(alice, at(19))).toEqual([uuid(5), uuid(4), uuid(3)]);
    expect(await headIds(alice, at(20))).toEqual([uuid(5)]);
  });

  it('lists nothing of a family that ended before its last token came', async () => {
    const ended = { at: at(2), by: 'test', reason: null };
    await run((tx) => stores.grants.insert(grant('family', { ended }), tx));
    await insert(userToken(1), userToken(2, { grantId: 'other' }));
    expect(await headIds()).toEqual([uuid(2)]);
  });

  it('lists what a transaction would leave, for those who name it', async () => {
    await insert(userToken(1));
    await run(async (transaction) => {
      await consume(transaction);
      await stores.userTokens.insert(userToken(2), transaction);
      const heads = await stores.userTokens.listHeads(alice, at(10), 10, transaction);
      expect(heads).toEqual([userToken(2)]);
    });
  });

  it.each(["Alice's 📱 \\ 100 %", null])(
    'names the device of a family %p, on its head [C86]',
    async (name) => {
      const spent = userToken(1, { consumedAt: at(2), successorId: uuid(2) });
      const other = userToken(3, { grantId: 'other' });
      await insert(spent, userToken(2), other);
      expect(await rename(alice, 'family', name)).toBe(true);
      expect(await find(2)).toEqual(userToken(2, { device: { ...userToken(2).device, name } }));
      expect(await find(1)).toEqual(spent);
      expect(await find(3)).toEqual(other);
    },
  );

  it('names no family of another user, and none without a head', async () => {
    const tokens = [
      userToken(1),
      userToken(2, { grantId: 'spent', consumedAt: at(2) }),
      userToken(3, { grantId: 'revoked', ...revoked }),
    ];
    await insert(...tokens);
    expect(await rename({ ...alice, subject: 'bob' }, 'family', 'mine')).toBe(false);
    expect(await rename({ ...alice, issuer: 'https://other' }, 'family', 'mine')).toBe(false);
    for (const grantId of ['spent', 'revoked', 'unknown']) {
      expect(await rename(alice, grantId, 'mine')).toBe(false);
    }
    expect(await Promise.all([find(1), find(2), find(3)])).toEqual(tokens);
  });

  it('names the head that a refresh at the same time puts in the place of the old one', async () => {
    await insert(userToken(1));
    const refresh = async (tx: Transaction) => {
      await consume(tx);
      await stores.userTokens.insert(userToken(2), tx);
    };
    const second = await overlapping(stores.transactions, refresh, 'commit', (tx) =>
      stores.userTokens.rename(alice, 'family', 'tablet', tx),
    );
    expect(second).toEqual({ hasWaited: true, result: true });
    expect((await find(2))?.device.name).toBe('tablet');
  });

  it('keeps what is counted while a user is held true until the transaction ends', async () => {
    const added = await winnersOf20(stores.transactions, async (tx, index) => {
      await stores.userTokens.hold(alice, tx);
      const heads = await stores.userTokens.listHeads(alice, at(10), 100, tx);
      if (heads.length === 5) return false;
      await stores.userTokens.insert(userToken(index), tx);
      return true;
    });
    expect(added).toBe(5);
    expect(await headIds()).toHaveLength(5);
  });

  it.each(["a'b", 'a\0b', '\ud800', '', '%', 'x'.repeat(5000)])(
    'finds nothing under the hostile text %#, and the transaction stays usable',
    async (text) => {
      await insert(userToken(1));
      expect(await stores.userTokens.findByHash(text)).toBeNull();
      expect(await headIds({ ...alice, issuer: text })).toEqual([]);
      expect(await headIds({ ...alice, subject: text })).toEqual([]);
      await run(async (transaction) => {
        const { userTokens } = stores;
        expect(await userTokens.consume(text, consumption, transaction)).toBeNull();
        expect(await userTokens.rename(alice, text, 'mine', transaction)).toBe(false);
        const stranger = { ...alice, subject: text };
        expect(await userTokens.rename(stranger, 'family', 'mine', transaction)).toBe(false);
        await userTokens.hold(stranger, transaction);
        expect(await consume(transaction)).not.toBeNull();
      });
    },
  );

  it.each<Partial<UserToken>>([
    { secretHash: 'a\0b' },
    { grantId: '\udfff' },
    { subject: 'x'.repeat(5000) },
    { device: { ...userToken(1).device, userAgent: 'a\0b' } },
    { details: { deep: [{ text: '\ud800' }] } },
  ])('refuses to keep the hostile text %#, and the transaction stays usable', async (changes) => {
    await run(async (transaction) => {
      const refused = stores.userTokens.insert(userToken(1, changes), transaction);
      await expect(refused).rejects.toMatchObject({ code: 'ERR_INPUT_INVALID' });
      await stores.userTokens.insert(userToken(2), transaction);
    });
    expect(await find(2)).toEqual(userToken(2));
  });

  it.each(['a\0b', '\ud800'])(
    'refuses a hostile name and answer %#, and the transaction stays usable',
    async (text) => {
      await insert(userToken(1));
      await run(async (transaction) => {
        const { userTokens } = stores;
        const refusal = { code: 'ERR_INPUT_INVALID' };
        const named = userTokens.rename(alice, 'family', text, transaction);
        await expect(named).rejects.toMatchObject(refusal);
        const answer = { ...consumption, sealedAnswer: text };
        const consumed = userTokens.consume(uuid(1), answer, transaction);
        await expect(consumed).rejects.toMatchObject(refusal);
      });
      expect(await find(1)).toEqual(userToken(1));
    },
  );
}
