import { CalendarPeriod } from './counting/calendar-period.js';
import { Limit } from './counting/limit.js';
import type { LimitDemand, RateLimitDemand, RateLimitState } from './rate-limit.js';
import type { LeaseGrant, LeaseRequest, RateLimitStore } from './rate-limit.store.js';

export interface RateLimitStoreUnderTest {
  /** The same counts, as two instances see them. */
  readonly stores: readonly [RateLimitStore, RateLimitStore];
  wait(seconds: number): Promise<void>;
}

const demand = (tracker: string, rest: Partial<RateLimitDemand> = {}): RateLimitDemand => ({
  policy: 'client',
  group: 'client one',
  tracker,
  limit: 2,
  windowSeconds: 60,
  ...rest,
});

/** What every RateLimitStore must do. Each adapter's spec calls this with its own store. */
export function describeRateLimitStore(create: () => RateLimitStoreUnderTest): void {
  describe('consume', () => {
    describeConsume(create);
  });
  describe('lease', () => {
    describeLease(create);
  });
}

const one = async (store: RateLimitStore, wanted: LimitDemand): Promise<RateLimitState> => {
  const [state] = await store.consume([wanted]);
  if (state === undefined) throw new Error('no state came back');
  return state;
};

function describeConsume(create: () => RateLimitStoreUnderTest): void {
  it('counts down, and says when all of it is back', async () => {
    const { stores } = create();
    const state = await one(stores[0], demand('countdown'));
    expect(state).toEqual({
      policy: 'client',
      limit: 2,
      windowSeconds: 60,
      remaining: 1,
      resetSeconds: 30,
      allowed: true,
      retryAfterSeconds: 0,
    });
  });

  it('lets exactly the limit of 200 parallel requests through two instances [W9]', async () => {
    const { stores } = create();
    const wanted = demand('parallel', { limit: 73 });
    const states = await Promise.all(
      Array.from({ length: 200 }, (_, n) => one(n % 2 === 0 ? stores[0] : stores[1], wanted)),
    );
    expect(states.filter(({ allowed }) => allowed)).toHaveLength(73);
    const remaining = states.filter(({ allowed }) => allowed).map((state) => state.remaining);
    expect(new Set(remaining).size).toBe(73);
  });

  it('spends all demands of a request or none, whoever refuses [W9]', async () => {
    const { stores } = create();
    const narrow = demand('narrow', { policy: 'user', limit: 1 });
    const wide = demand('wide', { limit: 10 });
    const both = await Promise.all(
      Array.from({ length: 20 }, (_, n) => stores[n % 2 === 0 ? 0 : 1].consume([wide, narrow])),
    );
    expect(both.filter((states) => states.every(({ allowed }) => allowed))).toHaveLength(1);
    const refused = both.find((states) => !states.every(({ allowed }) => allowed));
    expect(refused?.map(({ allowed }) => allowed)).toEqual([true, false]);
    expect((await one(stores[0], wide)).remaining).toBe(8);
  });

  it('spends demands of several groups all or none [W9]', async () => {
    const { stores } = create();
    const narrow = demand('several', { policy: 'user', group: 'user one', limit: 1 });
    const wide = demand('several', { limit: 10 });
    for (const isAllowed of [true, false, false]) {
      const states = await stores[0].consume([wide, narrow]);
      expect(states.every(({ allowed }) => allowed)).toBe(isAllowed);
    }
    expect((await one(stores[1], wide)).remaining).toBe(8);
  });

  it('a limit of 0 refuses everything', async () => {
    const { stores } = create();
    const state = await one(stores[0], demand('zero', { limit: 0 }));
    expect(state).toMatchObject({ allowed: false, remaining: 0, retryAfterSeconds: 60 });
  });

  it('keeps groups, policies and trackers apart', async () => {
    const { stores } = create();
    const wanted = demand('apart', { limit: 1 });
    await one(stores[0], wanted);
    const others = [
      demand('apart', { limit: 1, group: 'client two' }),
      demand('apart', { limit: 1, policy: 'user' }),
      demand('apart:', { limit: 1 }),
    ];
    for (const other of others) expect((await one(stores[0], other)).allowed).toBe(true);
    expect((await one(stores[0], wanted)).allowed).toBe(false);
  });

  it.each([1, 2, 3])('lets one more through after retryAfterSeconds (limit %d)', async (limit) => {
    const { stores, wait } = create();
    const wanted = demand(`retry ${limit}`, { limit, windowSeconds: limit });
    for (let spent = 0; spent < limit; spent++) {
      expect((await one(stores[0], wanted)).allowed).toBe(true);
    }
    const refused = await one(stores[0], wanted);
    expect(refused.allowed).toBe(false);
    await wait(refused.retryAfterSeconds);
    expect((await one(stores[0], wanted)).allowed).toBe(true);
  });

  it('gives room back evenly: half of it after half a window [C35]', async () => {
    const { stores, wait } = create();
    const wanted = demand('evenly', { limit: 4, windowSeconds: 4 });
    for (let spent = 0; spent < 4; spent++) await one(stores[0], wanted);
    await wait(2);
    const { remaining } = await one(stores[0], wanted);
    expect(remaining).toBeGreaterThanOrEqual(1);
    expect(remaining).toBeLessThanOrEqual(2);
  });

  it('lets no more than the burst come at once, and the rest at the sustained rate [C35]', async () => {
    const { stores, wait } = create();
    const wanted = demand('burst', { limit: 4, windowSeconds: 4, burst: 3 });
    const atOnce = async (): Promise<number> => {
      let allowed = 0;
      while ((await one(stores[0], wanted)).allowed) allowed += 1;
      return allowed;
    };
    expect(await atOnce()).toBeLessThanOrEqual(4);
    await wait(2);
    const later = await atOnce();
    expect(later).toBeGreaterThanOrEqual(2);
    expect(later).toBeLessThanOrEqual(3);
  });

  it('a request that costs more takes more, or nothing [C34] [C44]', async () => {
    const { stores } = create();
    const wanted = demand('cost', { limit: 10 });
    expect((await one(stores[0], { ...wanted, cost: 7 })).remaining).toBe(3);
    const refused = await one(stores[0], { ...wanted, cost: 4 });
    expect(refused).toMatchObject({ allowed: false, remaining: 3, retryAfterSeconds: 6 });
    expect((await one(stores[0], { ...wanted, cost: 3 })).remaining).toBe(0);
  });

  it('is whole again when a window has passed', async () => {
    const { stores, wait } = create();
    const wanted = demand('anew', { windowSeconds: 0.5 });
    for (let spent = 0; spent < 2; spent++) await one(stores[0], wanted);
    await wait(0.6);
    expect(await one(stores[0], wanted)).toMatchObject({ remaining: 1, resetSeconds: 1 });
  });

  it('blocks whoever goes over, for blockSeconds and no longer', async () => {
    const { stores, wait } = create();
    const wanted = demand('block', { limit: 1, windowSeconds: 1, blockSeconds: 2.5 });
    await one(stores[0], wanted);
    expect(await one(stores[0], wanted)).toMatchObject({ allowed: false, retryAfterSeconds: 3 });
    await wait(0.6);
    const still = await one(stores[0], wanted);
    expect(still.allowed).toBe(false);
    expect(still.retryAfterSeconds).toBeLessThanOrEqual(2);
    await wait(2);
    expect((await one(stores[0], wanted)).allowed).toBe(true);
  });

  it('blocks nobody for longer because he asks all the time', async () => {
    const { stores, wait } = create();
    const wanted = demand('asking', { limit: 1, windowSeconds: 3, blockSeconds: 4 });
    await one(stores[0], wanted);
    for (let tenth = 0; tenth < 20; tenth++) {
      expect((await one(stores[tenth % 2 === 0 ? 0 : 1], wanted)).allowed).toBe(false);
      await wait(0.1);
    }
    await wait(2.2);
    expect((await one(stores[0], wanted)).allowed).toBe(true);
  });

  it('takes any text as group and tracker', async () => {
    const { stores } = create();
    const hostile = demand('}{\r\nFLUSHALL\r\n\0é', { group: '}{*\n"', limit: 1 });
    expect((await one(stores[0], hostile)).allowed).toBe(true);
    expect((await one(stores[0], hostile)).allowed).toBe(false);
  });

  it('counts a quota until its period ends, beside a rate [C42] [W8]', async () => {
    const { stores } = create();
    const period = new CalendarPeriod('day');
    const quota = {
      ...{ policy: 'client-day', group: 'client one', tracker: 'quota' },
      ...{ kind: 'quota' as const, limit: 3, period },
    };
    const wide = demand('quota', { limit: 10 });
    for (const remaining of [2, 1, 0]) {
      const states = await stores[0].consume([quota, wide]);
      expect(states[0]).toMatchObject({ allowed: true, remaining, windowSeconds: 86_400 });
    }
    const [refused, spared] = await stores[1].consume([quota, wide]);
    expect(refused).toMatchObject({ allowed: false, remaining: 0 });
    expect(refused?.retryAfterSeconds).toBe(refused?.resetSeconds);
    expect(refused?.resetSeconds).toBeGreaterThan(0);
    expect(refused?.resetSeconds).toBeLessThanOrEqual(86_400);
    expect(spared?.remaining).toBe(7);
  });

  it('tells how many instances live, each counted once', async () => {
    const { stores } = create();
    const first = await stores[0].countInstances('a', 60);
    expect(await stores[0].countInstances('a', 60)).toBe(first);
  });
}

function describeLease(create: () => RateLimitStoreUnderTest): void {
  const limited = (tracker: string, rest: Partial<RateLimitDemand> = {}): Limit =>
    new Limit(demand(tracker, { limit: 100, ...rest }));

  const lease = async (
    store: RateLimitStore,
    request: Pick<LeaseRequest, 'limit'> & Partial<LeaseRequest>,
  ): Promise<LeaseGrant> => {
    const empty = { holder: 'a', held: 0, need: 0, want: 0, giveBack: 0, lifeSeconds: 10 };
    const [grant] = await store.lease([{ ...empty, ...request }]);
    if (grant === undefined) throw new Error('no grant came back');
    return grant;
  };

  it('gives what is needed, and of what is wanted no more than half of what is left', async () => {
    const { stores } = create();
    const limit = limited('half');
    expect((await lease(stores[0], { limit, want: 20 })).granted).toBe(20);
    expect((await lease(stores[1], { limit, holder: 'b', want: 80 })).granted).toBe(40);
    expect((await lease(stores[1], { limit, holder: 'b', held: 40, need: 60 })).granted).toBe(40);
    expect((await lease(stores[0], { limit, held: 20, need: 1 })).granted).toBe(0);
  });

  it('grants no more than the limit, whatever many instances ask for at once [W9]', async () => {
    const { stores } = create();
    const limit = limited('together', { limit: 50 });
    const grants = await Promise.all(
      Array.from({ length: 30 }, (_, n) =>
        lease(stores[n % 2 === 0 ? 0 : 1], { limit, holder: `h${n}`, need: 3, want: 9 }),
      ),
    );
    expect(grants.reduce((sum, { granted }) => sum + granted, 0)).toBe(50);
  });

  it('counts what is held for as long as it is held: it does not come back meanwhile', async () => {
    const { stores, wait } = create();
    const two = { limit: 2, windowSeconds: 2 };
    const limit = limited('held', two);
    await lease(stores[0], { limit, need: 1, lifeSeconds: 30 });
    await wait(2.2);
    const other = await lease(stores[1], { limit, holder: 'b', need: 2 });
    expect(other.granted).toBe(1);
    expect((await one(stores[1], demand('held', two))).allowed).toBe(false);
  });

  it('takes back what is given back', async () => {
    const { stores } = create();
    const limit = limited('back', { limit: 10 });
    await lease(stores[0], { limit, need: 8 });
    await lease(stores[0], { limit, held: 2, giveBack: 3 });
    expect((await lease(stores[1], { limit, holder: 'b', need: 10 })).granted).toBe(5);
  });

  it('frees what an instance held that never came back, once its lease and its window end [C35]', async () => {
    const { stores, wait } = create();
    const limit = limited('crashed', { limit: 10, windowSeconds: 1 });
    await lease(stores[0], { limit, need: 10, lifeSeconds: 1.5 });
    await wait(0.3);
    expect((await lease(stores[1], { limit, holder: 'b', need: 5 })).granted).toBe(0);
    await wait(2.4);
    expect((await lease(stores[1], { limit, holder: 'b', need: 10 })).granted).toBe(10);
  });

  it('counts what is under way by what is held, and frees it when the lease ends [C35]', async () => {
    const { stores, wait } = create();
    const limit = new Limit({
      ...{ kind: 'concurrency', policy: 'client-concurrency', group: 'client one' },
      ...{ tracker: 'under way', limit: 3 },
    });
    expect((await lease(stores[0], { limit, need: 2, lifeSeconds: 1 })).granted).toBe(2);
    expect((await lease(stores[1], { limit, holder: 'b', need: 2 })).granted).toBe(1);
    await wait(1.1);
    expect((await lease(stores[1], { limit, holder: 'b', held: 1, need: 2 })).granted).toBe(2);
    await lease(stores[1], { limit, holder: 'b', held: 0 });
    expect((await lease(stores[0], { limit, need: 3 })).granted).toBe(3);
  });

  it('of a quota ends with its period', async () => {
    const { stores } = create();
    const period = new CalendarPeriod('day');
    const limit = new Limit({
      ...{ kind: 'quota', policy: 'client-day', group: 'client one', tracker: 'leased' },
      ...{ limit: 10, period },
    });
    const grant = await lease(stores[0], { limit, need: 4, lifeSeconds: 1_000_000 });
    expect(grant).toMatchObject({ granted: 4, level: 4 });
    expect(grant.lifeMs).toBe(grant.toPeriodEndMs);
    await lease(stores[0], { limit, giveBack: 3 });
    expect((await lease(stores[1], { limit, holder: 'b', need: 20 })).granted).toBe(9);
  });
}
