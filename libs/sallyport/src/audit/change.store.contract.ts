import type { Transactions } from '../transactions/transaction.js';
import type { ChangeStore } from './change.store.js';
import type { Change } from './change.js';

interface Opened {
  readonly transactions: Transactions;
  readonly changes: ChangeStore;
  close(): Promise<void>;
}

/** What every ChangeStore must do. */
export function describeChangeStore(open: () => Promise<Opened>): void {
  let stores: Opened;
  beforeEach(async () => {
    stores = await open();
  });
  afterEach(() => stores.close());

  const change = (number: number, changes: Partial<Change> = {}): Change => ({
    id: `0190a1b2-0000-7000-8000-${String(number).padStart(12, '0')}`,
    at: new Date(Date.UTC(2030, 0, 1, 0, 0, number)),
    actor: 'client:operator',
    reason: 'lost laptop of Jürgen 🔑 "quoted" \\',
    action: 'api-key.rotated',
    object: 'k1',
    details: { text: 'ä', number: 1.5, yes: true, none: null },
    ...changes,
  });
  const append = (given: Change) =>
    stores.transactions.run((transaction) => stores.changes.append(given, transaction));

  it('finds a change as it was written', async () => {
    await append(change(1));
    expect(await stores.changes.listByObject('k1', 10)).toEqual([change(1)]);
  });

  it('keeps a missing reason and empty details', async () => {
    const bare = change(1, { reason: null, details: {} });
    await append(bare);
    expect(await stores.changes.listByObject('k1', 10)).toEqual([bare]);
  });

  it('lists the changes of one object, newest first, no more than asked', async () => {
    for (const number of [2, 1, 3]) await append(change(number));
    await append(change(4, { object: 'k2' }));
    expect(await stores.changes.listByObject('k1', 2)).toEqual([change(3), change(2)]);
  });

  it('orders changes of one instant by their ids', async () => {
    const at = new Date('2030-01-01T00:00:00Z');
    for (const number of [1, 2]) await append(change(number, { at }));
    const [first] = await stores.changes.listByObject('k1', 1);
    expect(first?.id).toBe(change(2).id);
  });

  it.each(["k'1", 'k1\0', '\ud800', 'k1;--', '%'])(
    'finds nothing for the object %j',
    async (object) => {
      await append(change(1));
      expect(await stores.changes.listByObject(object, 10)).toEqual([]);
    },
  );

  it('refuses a text that cannot be kept, and the transaction stays usable', async () => {
    await stores.transactions.run(async (transaction) => {
      const refused = stores.changes.append(change(1, { details: { note: 'a\0b' } }), transaction);
      await expect(refused).rejects.toMatchObject({ code: 'ERR_INPUT_INVALID' });
      await stores.changes.append(change(2), transaction);
    });
    expect(await stores.changes.listByObject('k1', 10)).toEqual([change(2)]);
  });
}
