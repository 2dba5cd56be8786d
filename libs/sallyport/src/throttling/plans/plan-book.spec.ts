import { createSharedStores } from '../../../../../test/support/lives.js';
import type { ClientPrincipal } from '../../principals/caller.js';
import { MemoryPlanStore } from '../../stores/memory/memory-plan.store.js';
import type { PageRequest } from '../../page.js';
import type { Transaction } from '../../transactions/transaction.js';
import { resolveThrottlingOptions } from '../throttling.options.js';
import { PlanBook } from './plan-book.js';
import { PlanStore } from './plan.store.js';
import type { Plan, PlanChange, PlanKind } from './plan.js';

/** A store that was restored meanwhile is another one behind the same name. */
class Restorable extends PlanStore {
  constructor(public present: PlanStore) {
    super();
  }
  put(plan: Plan, transaction: Transaction): Promise<void> {
    return this.present.put(plan, transaction);
  }
  remove(kind: PlanKind, name: string, transaction: Transaction): Promise<boolean> {
    return this.present.remove(kind, name, transaction);
  }
  find(kind: PlanKind, name: string): Promise<Plan | null> {
    return this.present.find(kind, name);
  }
  list(kind: PlanKind, page: PageRequest): Promise<readonly Plan[]> {
    return this.present.list(kind, page);
  }
  changedSince(revision: number, limit: number): Promise<readonly PlanChange[]> {
    return this.present.changedSince(revision, limit);
  }
}

const client = (clientId: string, plan: string | null = 'gold'): ClientPrincipal => ({
  ...{ clientId, name: clientId, type: 'confidential' },
  ...{ isThirdParty: false, plan },
});

function storeWith(...plans: readonly (readonly [PlanKind, string, number])[]) {
  const { database } = createSharedStores();
  const store = new MemoryPlanStore(database);
  const put = (kind: PlanKind, name: string, perDay: number) =>
    database.run((transaction) => store.put({ kind, name, quota: { perDay } }, transaction));
  return plans
    .reduce((done, plan) => done.then(() => put(...plan)), Promise.resolve())
    .then(() => ({ store, put }));
}

describe('PlanBook', () => {
  const opened: PlanBook[] = [];
  afterEach(() => {
    for (const book of opened.splice(0)) book.onApplicationShutdown();
  });
  const open = async (store: PlanStore) => {
    const book = new PlanBook(store, resolveThrottlingOptions({}, []));
    opened.push(book);
    await book.onModuleInit();
    return { book, perDay: (id: string) => book.quotaOf(client(id)).perDay };
  };

  it('keeps a quota one object until it changes', async () => {
    const { store, put } = await storeWith(['plan', 'gold', 1], ['client', 'shop', 2]);
    const { book, perDay } = await open(store);
    const [gold, own] = [book.quotaOf(client('other')), book.quotaOf(client('shop'))];
    await book.evict();
    expect(book.quotaOf(client('other'))).toBe(gold);
    expect(book.quotaOf(client('shop'))).toBe(own);
    await put('plan', 'gold', 3);
    await book.evict();
    expect([perDay('other'), perDay('shop')]).toEqual([3, 2]);
  });

  it.each([
    ['to where there was less', [['plan', 'gold', 7]], 7, null],
    [
      'to where another change had that number',
      [
        ['plan', 'gold', 7],
        ['client', 'shop', 5],
      ],
      7,
      5,
    ],
    [
      'to where other changes went further',
      [
        ['client', 'a', 1],
        ['client', 'shop', 5],
        ['client', 'b', 3],
      ],
      null,
      5,
    ],
    ['to nothing', [], null, null],
  ] as const)('begins anew with a store that was restored %s', async (_, plans, gold, shop) => {
    const before = await storeWith(['plan', 'gold', 1], ['client', 'shop', 2]);
    const store = new Restorable(before.store);
    const { book, perDay } = await open(store);
    expect([perDay('other'), perDay('shop')]).toEqual([1, 2]);
    const restored = await storeWith(...plans);
    store.present = restored.store;
    await book.evict();
    expect([perDay('other'), perDay('shop')]).toEqual([gold, shop ?? gold]);
    // What is changed after that is heard too, whatever its number.
    await restored.put('plan', 'gold', 9);
    await book.evict();
    expect(perDay('other')).toBe(9);
  });
});
