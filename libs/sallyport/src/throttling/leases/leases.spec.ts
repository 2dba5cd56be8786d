import { Limit } from '../counting/limit.js';
import { LocalCounts } from '../counting/local-counts.js';
import type { LeaseGrant, LeaseRequest } from '../rate-limit.store.js';
import { LeasedLimits } from './leased-limits.js';
import { Leases } from './leases.js';

/** One store for several instances, which counts how often it was called. */
class SharedStore {
  time = Date.parse('2030-01-01T00:00:00Z');
  calls = 0;
  asked = 0;
  failure: Error | null = null;
  private readonly counts = new LocalCounts();

  readonly now = (): number => this.time;

  readonly lease = async (requests: readonly LeaseRequest[]): Promise<readonly LeaseGrant[]> => {
    this.calls += 1;
    this.asked += requests.length;
    await new Promise((resolve) => setImmediate(resolve));
    if (this.failure !== null) throw this.failure;
    return requests.map((request) => this.counts.lease(request, this.time));
  };

  instance(name: string, maxLeases?: number): Leases {
    return new Leases(this, name, maxLeases);
  }
}

const limitOf = (tracker: string, limit: number, rest: object = {}): Limit =>
  new Limit({
    ...{ policy: 'client', group: 'client', tracker, limit, windowSeconds: 60 },
    ...rest,
  });

const only = (...of: Parameters<typeof limitOf>): LeasedLimits =>
  new LeasedLimits([limitOf(...of)]);

const concurrent = (limit: number): LeasedLimits =>
  new LeasedLimits([
    new Limit({
      ...{ kind: 'concurrency', policy: 'client-concurrency', group: 'client', tracker: 'open' },
      limit,
    }),
  ]);

/** How many of `times` are let through, asked one after another. */
async function spendMany(leases: Leases, set: LeasedLimits, times: number): Promise<number> {
  let allowed = 0;
  for (let n = 0; n < times; n += 1) {
    if ((await leases.acquire(set)) === null) allowed += 1;
  }
  return allowed;
}

/** By how many requests any span of time held more than `burst`, and one more for each `intervalMs` of it. */
function mostOver(instants: readonly number[], burst: number, intervalMs: number): number {
  let over = -Infinity;
  for (const [first, from] of instants.entries()) {
    for (const [n, until] of instants.slice(first).entries()) {
      over = Math.max(over, n + 1 - burst - (until - from) / intervalMs);
    }
  }
  return over;
}

describe('Leases', () => {
  it('spend without a call for as long as the batch lasts', async () => {
    const store = new SharedStore();
    const leases = store.instance('a');
    const limit = only('t', 10_000);
    await leases.acquire(limit);
    let spent = 0;
    while (leases.spend(limit, store.now())) spent += 1;
    expect(spent).toBe(99);
    expect(store.calls).toBe(1);
  });

  it('all who wait in one turn of the event loop share one call [C33]', async () => {
    const store = new SharedStore();
    const leases = store.instance('a');
    const limits = Array.from({ length: 50 }, (_, n) => only(`t${n % 5}`, 1000));
    const refused = await Promise.all(limits.map((limit) => leases.acquire(limit)));
    expect(refused.every((each) => each === null)).toBe(true);
    expect(store.calls).toBe(1);
    expect(store.asked).toBe(5);
  });

  it('fetch the next batch before this one is used up', async () => {
    const store = new SharedStore();
    const leases = store.instance('a');
    const limit = only('t', 10_000);
    await leases.acquire(limit);
    for (let n = 0; n < 2000; n += 1) {
      store.time += 1;
      expect(leases.spend(limit, store.now())).toBe(true);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(store.calls).toBeLessThan(60);
  });

  it.each([1, 2, 7, 100, 1000])(
    'of three instances let no more than the limit of %d through together [W9]',
    async (size) => {
      const store = new SharedStore();
      const instances = ['a', 'b', 'c'].map((name) => store.instance(name));
      const spent = await Promise.all(
        instances.map((leases) => spendMany(leases, only('t', size), size)),
      );
      const total = spent.reduce((sum, each) => sum + each, 0);
      expect(total).toBe(size);
    },
  );

  it('never exceed the limit in any span of time, however long tokens were held [W9]', async () => {
    const store = new SharedStore();
    const instances = ['a', 'b'].map((name) => store.instance(name));
    const limits = instances.map(() => only('t', 100, { windowSeconds: 10 }));
    const instants: number[] = [];
    let seed = 7;
    const chance = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    for (let n = 0; n < 3000; n += 1) {
      store.time += chance() < 0.02 ? chance() * 9000 : chance() * 60;
      const at = chance() < 0.5 ? 0 : 1;
      const limit = limits[at];
      if (limit === undefined) continue;
      if ((await instances[at]?.acquire(limit)) === null) instants.push(store.time);
      if (n % 50 === 0) await instances[at]?.sweep();
    }
    expect(instants.length).toBeGreaterThan(500);
    expect(mostOver(instants, 100, 100)).toBeLessThanOrEqual(1e-6);
  });

  it('let the sustained rate through for as long as it is asked for', async () => {
    const store = new SharedStore();
    const leases = store.instance('a');
    const limit = only('t', 100, { windowSeconds: 10 });
    let allowed = 0;
    for (let n = 0; n < 3000; n += 1) {
      store.time += 100;
      if ((await leases.acquire(limit)) === null) allowed += 1;
    }
    expect(allowed).toBe(3000);
  });

  it('hold no more than a tenth of a limit, which is the bound on unfairness', async () => {
    const store = new SharedStore();
    const [busy, idle] = [store.instance('busy'), store.instance('idle')];
    await idle.acquire(only('t', 1000));
    const spent = await spendMany(busy, only('t', 1000), 1000);
    expect(spent).toBeGreaterThanOrEqual(900);
    expect(spent).toBeLessThan(1000);
  });

  it('give back what is about to end unused, and all of it on shutdown', async () => {
    const store = new SharedStore();
    const [first, second] = [store.instance('a'), store.instance('b')];
    await first.acquire(only('t', 1000));
    store.time += 9000;
    await first.sweep();
    expect(first.size).toBe(0);
    await first.acquire(only('t', 1000));
    await first.close();
    expect(await spendMany(second, only('t', 1000), 1000)).toBeGreaterThanOrEqual(998);
  });

  it('spend all limits of a request or none', async () => {
    const store = new SharedStore();
    const leases = store.instance('a');
    const [wide, narrow] = [limitOf('wide', 10), limitOf('narrow', 1)];
    const both = new LeasedLimits([wide, narrow]);
    expect(await leases.acquire(both)).toBeNull();
    for (let n = 0; n < 5; n += 1) expect(await leases.acquire(both)).toEqual([narrow]);
    expect(await spendMany(leases, new LeasedLimits([wide]), 20)).toBe(9);
  });

  it('ask no more than once a second while a limit is spent [C35]', async () => {
    const store = new SharedStore();
    const leases = store.instance('a');
    const limit = only('t', 1);
    await spendMany(leases, limit, 2);
    const before = store.calls;
    await spendMany(leases, limit, 100);
    expect(store.calls).toBe(before);
    store.time += 1000;
    await spendMany(leases, limit, 100);
    expect(store.calls).toBe(before + 1);
  });

  it('let as many requests be under way at once as there are permits [C35]', async () => {
    const store = new SharedStore();
    const [first, second] = [store.instance('a'), store.instance('b')];
    const [here, there] = [concurrent(5), concurrent(5)];
    expect(await spendMany(first, here, 4)).toBe(4);
    expect(await spendMany(second, there, 4)).toBe(1);
    store.time += 8000;
    await Promise.all([first.sweep(), second.sweep()]);
    store.time += 8000;
    expect(await spendMany(second, there, 4)).toBe(0);
    for (let n = 0; n < 4; n += 1) first.restore(here);
    await new Promise((resolve) => setTimeout(resolve, 20));
    store.time += 1000;
    expect(await spendMany(second, there, 9)).toBe(4);
  });

  it('a changed limit is spent by its new rule at once', async () => {
    const store = new SharedStore();
    const leases = store.instance('a');
    await leases.acquire(only('t', 1000));
    expect(await spendMany(leases, only('t', 3), 10)).toBeLessThanOrEqual(3);
  });

  it('are bounded: what makes room is given back', async () => {
    const store = new SharedStore();
    const leases = store.instance('a', 100);
    for (let n = 0; n < 500; n += 1) await leases.acquire(only(`t${n}`, 1000));
    expect(leases.size).toBe(100);
  });

  it('a failure of the store reaches those who wait for it, and the next ones ask again', async () => {
    const store = new SharedStore();
    const leases = store.instance('a');
    store.failure = new TypeError('broken');
    await expect(leases.acquire(only('t', 10))).rejects.toThrow(TypeError);
    store.failure = null;
    expect(await leases.acquire(only('t', 10))).toBeNull();
  });

  it('end when the clock was set back: the clock of the store went on', async () => {
    const store = new SharedStore();
    const leases = store.instance('a');
    const limit = only('t', 1000);
    await leases.acquire(limit);
    expect(leases.spend(limit, store.now() - 60_000)).toBe(false);
  });
});
