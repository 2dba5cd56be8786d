import type { ChangeStore } from '../audit/change.store.js';
import type { Change } from '../audit/change.js';
import { SallyportError } from '../errors.js';
import type { Transaction, Transactions } from './transaction.js';

interface Opened {
  readonly transactions: Transactions;
  readonly changes: ChangeStore;
  close(): Promise<void>;
}

/**
 * Runs the same work in 20 transactions at once, and counts those that were told that they did it. Who waited in vain for
 * the one session of PGlite, on a busy machine, comes again.
 */
export async function winnersOf20(
  transactions: Transactions,
  work: (transaction: Transaction, index: number) => Promise<boolean>,
): Promise<number> {
  const results = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      untilAnswered(() => transactions.run((transaction) => work(transaction, index))),
    ),
  );
  return results.filter(Boolean).length;
}

const ATTEMPTS = 5;

async function untilAnswered<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const isBusy = error instanceof SallyportError && error.code === 'ERR_STORE_UNAVAILABLE';
      if (!isBusy || attempt === ATTEMPTS) throw error;
    }
  }
}

/** What every adapter's Transactions must do, shown on its ChangeStore. */
export function describeTransactions(open: () => Promise<Opened>): void {
  let stores: Opened;
  beforeEach(async () => {
    stores = await open();
  });
  afterEach(() => stores.close());

  const change = (number: number): Change => ({
    id: `0190a1b2-0000-7000-8000-${String(number).padStart(12, '0')}`,
    at: new Date('2030-01-01T00:00:00Z'),
    actor: 'test',
    reason: null,
    action: 'client.updated',
    object: 'shop',
    details: {},
  });
  const written = async () => (await stores.changes.listByObject('shop', 100)).length;

  it('keeps all writes of a transaction and returns what the work returned', async () => {
    const result = await stores.transactions.run(async (transaction) => {
      await stores.changes.append(change(1), transaction);
      await stores.changes.append(change(2), transaction);
      return 'done';
    });
    expect(result).toBe('done');
    expect(await written()).toBe(2);
  });

  it('keeps no write when the work throws, and passes its error on', async () => {
    const failure = new Error('of the host');
    const failed = stores.transactions.run(async (transaction) => {
      await stores.changes.append(change(1), transaction);
      throw failure;
    });
    await expect(failed).rejects.toBe(failure);
    expect(await written()).toBe(0);
  });

  it('joins an outer transaction, which alone decides', async () => {
    const failed = stores.transactions.run(async (outer) => {
      await stores.transactions.run((inner) => stores.changes.append(change(1), inner), outer);
      throw new Error('after the inner one');
    });
    await expect(failed).rejects.toThrow('after the inner one');
    expect(await written()).toBe(0);
  });

  it('commits or rolls back each of 20 transactions at once by itself', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        stores.transactions.run(async (transaction) => {
          await stores.changes.append(change(index), transaction);
          if (index % 2 === 1) throw new Error('odd');
        }),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
    const kept = await stores.changes.listByObject('shop', 100);
    expect(kept.map(({ id }) => Number(id.slice(-4)) % 2)).toEqual(Array(10).fill(0));
  });

  it('refuses a write in a transaction that has ended', async () => {
    let ended: Transaction | undefined;
    await stores.transactions.run(async (transaction) => {
      ended = transaction;
      return Promise.resolve();
    });
    const late = async () => {
      if (ended) await stores.changes.append(change(1), ended);
    };
    await expect(late()).rejects.toThrow();
    expect(await written()).toBe(0);
  });
}
