import { winnersOf20 } from '../transactions/transactions.contract.js';
import type { Transaction, Transactions } from '../transactions/transaction.js';
import type { SigningKeyStore } from './signing-key.store.js';
import type { SigningKey, SigningKeyState } from './signing-key.js';

interface Opened {
  readonly transactions: Transactions;
  readonly signingKeys: SigningKeyStore;
  close(): Promise<void>;
}

const at = (second: number): Date => new Date(Date.UTC(2030, 0, 1, 0, 0, second, 123));

const key = (kid: string, state: SigningKeyState, second = 0): SigningKey => ({
  kid,
  algorithm: 'ES256',
  state,
  publicJwk: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid, alg: 'ES256', use: 'sig' },
  sealedPrivateJwk: 'v1.k1.nonce.sealed',
  createdAt: at(second),
  stateSince: at(second),
});

/** What every SigningKeyStore must do. */
export function describeSigningKeyStore(open: () => Promise<Opened>): void {
  let stores: Opened;
  beforeEach(async () => {
    stores = await open();
  });
  afterEach(() => stores.close());

  const run = <T>(work: (transaction: Transaction) => Promise<T>) => stores.transactions.run(work);
  const insert = (given: SigningKey) => run((tx) => stores.signingKeys.insert(given, tx));
  const move = (kid: string, from: SigningKeyState, to: SigningKeyState) =>
    run((tx) => stores.signingKeys.move(kid, from, to, at(9), tx));
  const states = async () =>
    (await stores.signingKeys.listCurrent()).map(({ kid, state }) => `${kid} ${state}`);

  it('lists current keys as they were inserted, oldest first', async () => {
    const keys = [key('c', 'retiring', 1), key('a', 'active', 2), key('b', 'next', 3)];
    for (const given of [...keys].reverse()) expect(await insert(given)).toBe(true);
    await insert(key('d', 'retired'));
    await insert(key('e', 'revoked'));
    expect(await stores.signingKeys.listCurrent()).toEqual(keys);
  });

  it('has room for one next and one active key, and the transaction stays usable', async () => {
    await insert(key('a', 'active'));
    await insert(key('n', 'next'));
    await run(async (transaction) => {
      expect(await stores.signingKeys.insert(key('b', 'active'), transaction)).toBe(false);
      expect(await stores.signingKeys.insert(key('c', 'next'), transaction)).toBe(false);
      expect(await stores.signingKeys.insert(key('n', 'retiring'), transaction)).toBe(false);
      expect(await stores.signingKeys.insert(key('r', 'retiring'), transaction)).toBe(true);
    });
    expect((await states()).sort()).toEqual(['a active', 'n next', 'r retiring']);
  });

  it('moves a key from the state it is in, and says since when', async () => {
    await insert(key('a', 'active'));
    expect(await move('a', 'next', 'active')).toBe(false);
    expect(await move('unknown', 'active', 'retiring')).toBe(false);
    expect(await move('a', 'active', 'retiring')).toBe(true);
    expect(await stores.signingKeys.listCurrent()).toEqual([
      { ...key('a', 'retiring'), stateSince: at(9) },
    ]);
    expect(await move('a', 'retiring', 'retired')).toBe(true);
    expect(await states()).toEqual([]);
  });

  it('moves no second key to active or next, and the transaction stays usable', async () => {
    await insert(key('a', 'active'));
    await insert(key('n', 'next'));
    await insert(key('r', 'retiring'));
    await run(async (tx) => {
      expect(await stores.signingKeys.move('n', 'next', 'active', at(9), tx)).toBe(false);
      expect(await stores.signingKeys.move('r', 'retiring', 'next', at(9), tx)).toBe(false);
      expect(await stores.signingKeys.move('r', 'retiring', 'retired', at(9), tx)).toBe(true);
    });
    expect((await states()).sort()).toEqual(['a active', 'n next']);
  });

  it('rotates in one transaction', async () => {
    await insert(key('a', 'active'));
    await insert(key('n', 'next'));
    await run(async (tx) => {
      expect(await stores.signingKeys.move('a', 'active', 'retiring', at(9), tx)).toBe(true);
      expect(await stores.signingKeys.move('n', 'next', 'active', at(9), tx)).toBe(true);
      expect(await stores.signingKeys.insert(key('o', 'next'), tx)).toBe(true);
    });
    expect((await states()).sort()).toEqual(['a retiring', 'n active', 'o next']);
  });

  it('lets one of 20 inserts of an active key win', async () => {
    const { transactions, signingKeys } = stores;
    const winners = await winnersOf20(transactions, (tx, index) =>
      signingKeys.insert(key(`k${String(index)}`, 'active'), tx),
    );
    expect(winners).toBe(1);
    expect(await states()).toHaveLength(1);
  });

  it('lets one of 20 rotations win', async () => {
    await insert(key('a', 'active'));
    await insert(key('n', 'next'));
    const { transactions, signingKeys } = stores;
    const winners = await winnersOf20(transactions, async (tx, index) => {
      if (!(await signingKeys.move('a', 'active', 'retiring', at(9), tx))) return false;
      return (
        (await signingKeys.move('n', 'next', 'active', at(9), tx)) &&
        (await signingKeys.insert(key(`k${String(index)}`, 'next'), tx))
      );
    });
    expect(winners).toBe(1);
    expect((await states()).map((line) => line.split(' ')[1]).sort()).toEqual([
      'active',
      'next',
      'retiring',
    ]);
  });

  it('lets one of 20 different keys become active', async () => {
    for (let index = 0; index < 20; index++) await insert(key(`k${String(index)}`, 'retiring'));
    const { transactions, signingKeys } = stores;
    const winners = await winnersOf20(transactions, (tx, index) =>
      signingKeys.move(`k${String(index)}`, 'retiring', 'active', at(9), tx),
    );
    expect(winners).toBe(1);
  });

  it.each(["a'b", 'a\0', '\ud800', '', 'x'.repeat(5000)])(
    'moves nothing under the hostile kid %#',
    async (kid) => {
      await insert(key('a', 'active'));
      expect(await move(kid, 'active', 'retired')).toBe(false);
      expect(await states()).toEqual(['a active']);
    },
  );
}
