import type { Transactions } from '../../transactions/transaction.js';
import type { Plan, PlanKind } from './plan.js';
import type { PlanStore } from './plan.store.js';

interface PlanStoreUnderTest {
  readonly transactions: Transactions;
  readonly plans: PlanStore;
  close(): Promise<void>;
}

const planOf = (name: string, perDay: number, kind: PlanKind = 'plan'): Plan => ({
  ...{ kind, name },
  quota: { perDay, reads: { limit: perDay, windowSeconds: 60, burst: 3 } },
});

/** What every PlanStore must do. */
export function describePlanStore(open: () => Promise<PlanStoreUnderTest>): void {
  let stores: PlanStoreUnderTest;
  beforeEach(async () => {
    stores = await open();
  });
  afterEach(() => stores.close());

  const put = (plan: Plan) =>
    stores.transactions.run((transaction) => stores.plans.put(plan, transaction));
  const remove = (kind: PlanKind, name: string) =>
    stores.transactions.run((transaction) => stores.plans.remove(kind, name, transaction));

  it('finds what was put, and its replacement', async () => {
    await put(planOf('gold', 1));
    await put(planOf('gold', 2));
    expect(await stores.plans.find('plan', 'gold')).toEqual(planOf('gold', 2));
    expect(await stores.plans.find('client', 'gold')).toBeNull();
    expect(await stores.plans.find('plan', 'silver')).toBeNull();
  });

  it('lists a kind by name, page by page', async () => {
    for (const name of ['b', 'a', 'c']) await put(planOf(name, 1));
    await put(planOf('shop', 1, 'client'));
    const first = await stores.plans.list('plan', { limit: 2 });
    expect(first.map(({ name }) => name)).toEqual(['a', 'b']);
    const second = await stores.plans.list('plan', { limit: 2, after: 'b' });
    expect(second.map(({ name }) => name)).toEqual(['c']);
  });

  it('removes once, and tells so', async () => {
    await put(planOf('gold', 1));
    expect(await remove('plan', 'gold')).toBe(true);
    expect(await remove('plan', 'gold')).toBe(false);
    expect(await stores.plans.find('plan', 'gold')).toBeNull();
    expect(await stores.plans.list('plan', { limit: 9 })).toEqual([]);
  });

  it('tells what changed since, removals too, and each plan once', async () => {
    await put(planOf('gold', 1));
    await put(planOf('shop', 2, 'client'));
    const all = await stores.plans.changedSince(0, 10);
    expect(all.map(({ name, quota }) => [name, quota?.perDay])).toEqual([
      ['gold', 1],
      ['shop', 2],
    ]);
    const seen = all.at(-1)?.revision ?? 0;
    expect(await stores.plans.changedSince(seen, 10)).toEqual([]);
    await put(planOf('gold', 3));
    await remove('client', 'shop');
    const later = await stores.plans.changedSince(seen, 10);
    expect(later.map(({ kind, name, quota }) => [kind, name, quota])).toEqual([
      ['plan', 'gold', planOf('gold', 3).quota],
      ['client', 'shop', null],
    ]);
    expect((await stores.plans.changedSince(seen, 1)).map(({ name }) => name)).toEqual(['gold']);
  });

  it('numbers changes in the order in which they commit, whoever makes them at once', async () => {
    await Promise.all(Array.from({ length: 12 }, (_, n) => put(planOf(`p${n}`, n))));
    const revisions = (await stores.plans.changedSince(0, 100)).map(({ revision }) => revision);
    expect(new Set(revisions).size).toBe(12);
    expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
  });

  it('a change that is rolled back is none', async () => {
    const failing = stores.transactions.run(async (transaction) => {
      await stores.plans.put(planOf('gold', 1), transaction);
      throw new Error('rolled back');
    });
    await expect(failing).rejects.toThrow('rolled back');
    expect(await stores.plans.changedSince(0, 10)).toEqual([]);
  });
}
