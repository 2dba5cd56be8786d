import { winnersOf20 } from '../transactions/transactions.contract.js';
import type { Transaction, Transactions } from '../transactions/transaction.js';
import type { AuthorizationCodeStore } from './authorization-code.store.js';
import type { AuthorizationCode } from './authorization-code.js';
import { overlapping } from './overlapping-transactions.contract.js';
import { at, authorizationCode, hashOf } from './sample-family.contract.js';

interface Opened {
  readonly transactions: Transactions;
  readonly authorizationCodes: AuthorizationCodeStore;
  close(): Promise<void>;
}

/** What every AuthorizationCodeStore must do. */
export function describeAuthorizationCodeStore(open: () => Promise<Opened>): void {
  let stores: Opened;
  beforeEach(async () => {
    stores = await open();
  });
  afterEach(() => stores.close());

  const run = <T>(work: (transaction: Transaction) => Promise<T>) => stores.transactions.run(work);
  const insert = (given: AuthorizationCode) =>
    run((tx) => stores.authorizationCodes.insert(given, tx));
  const find = (number: number) => stores.authorizationCodes.find(hashOf(number));
  const consume = (tx: Transaction) => stores.authorizationCodes.consume(hashOf(1), at(3), tx);

  it.each([
    ['unspent', authorizationCode(1)],
    ['consumed', authorizationCode(1, { consumedAt: at(2) })],
    ['expired', authorizationCode(1, { expiresAt: at(-1000) })],
  ])('finds the %s code as it was inserted', async (_, given) => {
    await insert(given);
    expect(await find(1)).toEqual(given);
  });

  it('keeps its details apart from those of its callers', async () => {
    const details = { claims: { list: ['kept'] } };
    await insert(authorizationCode(1, { details }));
    details.claims.list.push('added after the insert');
    const found = (await find(1)) as { details: typeof details } | null;
    expect(found?.details).toEqual({ claims: { list: ['kept'] } });
    found?.details.claims.list.push('added to what was found');
    expect((await find(1))?.details).toEqual({ claims: { list: ['kept'] } });
  });

  it('consumes a code once, and no other', async () => {
    await insert(authorizationCode(1));
    await insert(authorizationCode(2));
    expect(await run(consume)).toBe(true);
    expect(await run(consume)).toBe(false);
    expect(await find(1)).toEqual(authorizationCode(1, { consumedAt: at(3) }));
    expect(await find(2)).toEqual(authorizationCode(2));
  });

  it('lets one of 20 redemptions of a code win', async () => {
    await insert(authorizationCode(1));
    expect(await winnersOf20(stores.transactions, consume)).toBe(1);
  });

  it.each([
    ['loses when that one commits', 'commit', false],
    ['wins when that one fails', 'rollback', true],
  ] as const)(
    'makes whoever comes while another transaction has consumed the code wait: it %s',
    async (_, firstEnds, isWinner) => {
      await insert(authorizationCode(1));
      const second = await overlapping(stores.transactions, consume, firstEnds, consume);
      expect(second).toEqual({ hasWaited: true, result: isWinner });
    },
  );

  it('undoes the insert and the consumption of a transaction that fails', async () => {
    await insert(authorizationCode(1));
    const failed = run(async (transaction) => {
      await stores.authorizationCodes.insert(authorizationCode(2), transaction);
      await consume(transaction);
      throw new Error('later step');
    });
    await expect(failed).rejects.toThrow('later step');
    expect(await find(2)).toBeNull();
    expect(await find(1)).toEqual(authorizationCode(1));
  });

  it.each(["a'b", 'a\0b', '\ud800', '', '%', 'x'.repeat(5000)])(
    'finds nothing under the hostile hash %#, and the transaction stays usable',
    async (codeHash) => {
      await insert(authorizationCode(1));
      expect(await stores.authorizationCodes.find(codeHash)).toBeNull();
      await run(async (transaction) => {
        expect(await stores.authorizationCodes.consume(codeHash, at(3), transaction)).toBe(false);
        expect(await consume(transaction)).toBe(true);
      });
    },
  );

  it.each<Partial<AuthorizationCode>>([
    { codeHash: 'a\0b' },
    { grantId: '\udfff' },
    { grantId: 'x'.repeat(5000) },
    { details: { deep: [{ text: 'a\0b' }] } },
    { details: { '\ud800': 1 } },
  ])('refuses to keep the hostile text %#, and the transaction stays usable', async (changes) => {
    await run(async (transaction) => {
      const refused = stores.authorizationCodes.insert(authorizationCode(1, changes), transaction);
      await expect(refused).rejects.toMatchObject({ code: 'ERR_INPUT_INVALID' });
      await stores.authorizationCodes.insert(authorizationCode(2), transaction);
    });
    expect(await find(2)).toEqual(authorizationCode(2));
  });
}
