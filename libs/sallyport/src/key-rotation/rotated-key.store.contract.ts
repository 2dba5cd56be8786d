import { winnersOf20 } from '../transactions/transactions.contract.js';
import type { Transaction, Transactions } from '../transactions/transaction.js';
import type { RotatedKeyStore } from './rotated-key.store.js';
import type { KeyState, RotatedKey } from './rotated-key.js';

interface Opened<Key extends RotatedKey> {
  readonly transactions: Transactions;
  readonly keys: RotatedKeyStore<Key>;
  close(): Promise<void>;
}

const at = (second: number): Date => new Date(Date.UTC(2030, 0, 1, 0, 0, second, 123));

/** What every store of rotated keys must do, whatever the keys are for. */
export function describeRotatedKeyStore<Algorithm extends string>(
  open: () => Promise<Opened<RotatedKey<Algorithm>>>,
  algorithm: Algorithm,
): void {
  const key = (kid: string, state: KeyState, second = 0): RotatedKey<Algorithm> => ({
    kid,
    algorithm,
    state,
    publicJwk: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid, alg: algorithm },
    sealedPrivateJwk: 'v1.k1.nonce.sealed',
    createdAt: at(second),
    stateSince: at(second),
  });
  let stores: Opened<RotatedKey<Algorithm>>;
  beforeEach(async () => {
    stores = await open();
  });
  afterEach(() => stores.close());

  const run = <T>(work: (transaction: Transaction) => Promise<T>) => stores.transactions.run(work);
  const insert = (given: RotatedKey<Algorithm>) => run((tx) => stores.keys.insert(given, tx));
  const move = (kid: string, from: KeyState, to: KeyState) =>
    run((tx) => stores.keys.move(kid, from, to, at(9), tx));
  const states = async () =>
    (await stores.keys.listCurrent()).map(({ kid, state }) => `${kid} ${state}`);

  it('lists current keys as they were inserted, oldest first', async () => {
    const keys = [key('c', 'retiring', 1), key('a', 'active', 2), key('b', 'next', 3)];
    for (const given of [...keys].reverse()) expect(await insert(given)).toBe(true);
    await insert(key('d', 'retired'));
    await insert(key('e', 'revoked'));
    expect(await stores.keys.listCurrent()).toEqual(keys);
  });

  it('has room for one next and one active key, and the transaction stays usable', async () => {
    await insert(key('a', 'active'));
    await insert(key('n', 'next'));
    await run(async (transaction) => {
      expect(await stores.keys.insert(key('b', 'active'), transaction)).toBe(false);
      expect(await stores.keys.insert(key('c', 'next'), transaction)).toBe(false);
      expect(await stores.keys.insert(key('n', 'retiring'), transaction)).toBe(false);
      expect(await stores.keys.insert(key('r', 'retiring'), transaction)).toBe(true);
    });
    expect((await states()).sort()).toEqual(['a active', 'n next', 'r retiring']);
  });

  it('moves a key from the state it is in, and says since when', async () => {
    await insert(key('a', 'active'));
    expect(await move('a', 'next', 'active')).toBe(false);
    expect(await move('unknown', 'active', 'retiring')).toBe(false);
    expect(await move('a', 'active', 'retiring')).toBe(true);
    expect(await stores.keys.listCurrent()).toEqual([
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
      expect(await stores.keys.move('n', 'next', 'active', at(9), tx)).toBe(false);
      expect(await stores.keys.move('r', 'retiring', 'next', at(9), tx)).toBe(false);
      expect(await stores.keys.move('r', 'retiring', 'retired', at(9), tx)).toBe(true);
    });
    expect((await states()).sort()).toEqual(['a active', 'n next']);
  });

  it('rotates in one transaction', async () => {
    await insert(key('a', 'active'));
    await insert(key('n', 'next'));
    await run(async (tx) => {
      expect(await stores.keys.move('a', 'active', 'retiring', at(9), tx)).toBe(true);
      expect(await stores.keys.move('n', 'next', 'active', at(9), tx)).toBe(true);
      expect(await stores.keys.insert(key('o', 'next'), tx)).toBe(true);
    });
    expect((await states()).sort()).toEqual(['a retiring', 'n active', 'o next']);
  });

  it('lets one of 20 inserts of an active key win', async () => {
    const { transactions, keys } = stores;
    const winners = await winnersOf20(transactions, (tx, index) =>
      keys.insert(key(`k${String(index)}`, 'active'), tx),
    );
    expect(winners).toBe(1);
    expect(await states()).toHaveLength(1);
  });

  it('lets one of 20 rotations win', async () => {
    await insert(key('a', 'active'));
    await insert(key('n', 'next'));
    const { transactions, keys } = stores;
    const winners = await winnersOf20(transactions, async (tx, index) => {
      if (!(await keys.move('a', 'active', 'retiring', at(9), tx))) return false;
      return (
        (await keys.move('n', 'next', 'active', at(9), tx)) &&
        (await keys.insert(key(`k${String(index)}`, 'next'), tx))
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
    const { transactions, keys } = stores;
    const winners = await winnersOf20(transactions, (tx, index) =>
      keys.move(`k${String(index)}`, 'retiring', 'active', at(9), tx),
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
