import { winnersOf20 } from '../transactions/transactions.contract.js';
import type { Transaction, Transactions } from '../transactions/transaction.js';
import type { OpaqueTokenStore } from './opaque-token.store.js';
import type { OpaqueToken } from './opaque-token.js';
import { at, hashOf, opaqueToken } from './sample-family.contract.js';

interface Opened {
  readonly transactions: Transactions;
  readonly opaqueTokens: OpaqueTokenStore;
  close(): Promise<void>;
}

/** What every OpaqueTokenStore must do. */
export function describeOpaqueTokenStore(open: () => Promise<Opened>): void {
  let stores: Opened;
  beforeEach(async () => {
    stores = await open();
  });
  afterEach(() => stores.close());

  const run = <T>(work: (transaction: Transaction) => Promise<T>) => stores.transactions.run(work);
  const insert = (...given: OpaqueToken[]) =>
    run(async (transaction) => {
      for (const token of given) await stores.opaqueTokens.insert(token, transaction);
    });
  const find = (number: number) => stores.opaqueTokens.findByHash(hashOf(number));
  const revoke = (tx: Transaction) => stores.opaqueTokens.revoke(hashOf(1), at(3), tx);

  it.each([
    ['valid', opaqueToken(1)],
    ["client's own", opaqueToken(1, { grantId: null, details: {} })],
    ['revoked', opaqueToken(1, { revokedAt: at(2) })],
    ['expired', opaqueToken(1, { expiresAt: at(-1000) })],
  ])('finds the %s token as it was inserted', async (_, given) => {
    await insert(given);
    expect(await find(1)).toEqual(given);
  });

  it('keeps its details apart from those of its callers', async () => {
    const details = { list: ['kept'] };
    await insert(opaqueToken(1, { details }));
    details.list.push('added after the insert');
    const found = (await find(1)) as { details: typeof details } | null;
    expect(found?.details).toEqual({ list: ['kept'] });
    found?.details.list.push('added to what was found');
    expect((await find(1))?.details).toEqual({ list: ['kept'] });
  });

  it('revokes a token once, and no other', async () => {
    await insert(opaqueToken(1), opaqueToken(2));
    expect(await run(revoke)).toBe(true);
    expect(await run(revoke)).toBe(false);
    expect(await find(1)).toEqual(opaqueToken(1, { revokedAt: at(3) }));
    expect(await find(2)).toEqual(opaqueToken(2));
  });

  it('lets one of 20 revocations of a token win', async () => {
    await insert(opaqueToken(1));
    expect(await winnersOf20(stores.transactions, revoke)).toBe(1);
  });

  it('undoes the insert and the revocation of a transaction that fails', async () => {
    await insert(opaqueToken(1));
    const failed = run(async (transaction) => {
      await stores.opaqueTokens.insert(opaqueToken(2), transaction);
      await revoke(transaction);
      throw new Error('later step');
    });
    await expect(failed).rejects.toThrow('later step');
    expect(await find(2)).toBeNull();
    expect(await find(1)).toEqual(opaqueToken(1));
  });

  it('prunes as many as asked of those that expired before an instant', async () => {
    await insert(
      opaqueToken(1, { expiresAt: at(1) }),
      opaqueToken(2, { expiresAt: at(2), grantId: null }),
      opaqueToken(3, { expiresAt: at(2) }),
      opaqueToken(4, { expiresAt: at(3) }),
    );
    expect(await stores.opaqueTokens.prune(at(3), 2)).toBe(2);
    expect(await stores.opaqueTokens.prune(at(3), 2)).toBe(1);
    expect(await stores.opaqueTokens.prune(at(3), 2)).toBe(0);
    const left = await Promise.all([1, 2, 3, 4].map(find));
    expect(left.map((token) => token?.expiresAt)).toEqual([undefined, undefined, undefined, at(3)]);
  });

  it.each(["a'b", 'a\0b', '\ud800', '', '%', 'x'.repeat(5000)])(
    'finds nothing under the hostile hash %#, and the transaction stays usable',
    async (secretHash) => {
      await insert(opaqueToken(1));
      expect(await stores.opaqueTokens.findByHash(secretHash)).toBeNull();
      await run(async (transaction) => {
        expect(await stores.opaqueTokens.revoke(secretHash, at(3), transaction)).toBe(false);
        expect(await revoke(transaction)).toBe(true);
      });
    },
  );

  it.each<Partial<OpaqueToken>>([
    { secretHash: 'a\0b' },
    { grantId: '\udfff' },
    { clientId: 'x'.repeat(5000) },
    { details: { deep: [{ text: 'a\0b' }] } },
  ])('refuses to keep the hostile text %#, and the transaction stays usable', async (changes) => {
    await run(async (transaction) => {
      const refused = stores.opaqueTokens.insert(opaqueToken(1, changes), transaction);
      await expect(refused).rejects.toMatchObject({ code: 'ERR_INPUT_INVALID' });
      await stores.opaqueTokens.insert(opaqueToken(2), transaction);
    });
    expect(await find(2)).toEqual(opaqueToken(2));
  });
}
