import type { RateLimitDemand, RateLimitState } from './rate-limit.js';
import type { RateLimitStore } from './rate-limit.store.js';

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
  const one = async (store: RateLimitStore, wanted: RateLimitDemand): Promise<RateLimitState> => {
    const [state] = await store.consume([wanted]);
    if (state === undefined) throw new Error('no state came back');
    return state;
  };

  it('counts down, and says when the window ends', async () => {
    const { stores } = create();
    const state = await one(stores[0], demand('countdown'));
    expect(state).toEqual({
      policy: 'client',
      limit: 2,
      windowSeconds: 60,
      remaining: 1,
      resetSeconds: 60,
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

  it.each([1, 2, 5])('lets one more through after retryAfterSeconds (limit %d)', async (limit) => {
    const { stores, wait } = create();
    const wanted = demand(`retry ${limit}`, { limit, windowSeconds: 1 });
    for (let spent = 0; spent < limit; spent++) {
      expect((await one(stores[0], wanted)).allowed).toBe(true);
    }
    const refused = await one(stores[0], wanted);
    expect(refused.allowed).toBe(false);
    await wait(refused.retryAfterSeconds);
    expect((await one(stores[0], wanted)).allowed).toBe(true);
  });

  it('gives room back bit by bit after a full window', async () => {
    const { stores, wait } = create();
    const wanted = demand('fading', { limit: 10, windowSeconds: 1 });
    for (let spent = 0; spent < 10; spent++) await one(stores[0], wanted);
    await wait(1.5);
    const { remaining } = await one(stores[0], wanted);
    expect(remaining).toBeGreaterThanOrEqual(4);
    expect(remaining).toBeLessThanOrEqual(6);
  });

  it('starts anew when two windows have passed', async () => {
    const { stores, wait } = create();
    const wanted = demand('anew', { windowSeconds: 0.5 });
    for (let spent = 0; spent < 2; spent++) await one(stores[0], wanted);
    await wait(1.1);
    expect(await one(stores[0], wanted)).toMatchObject({ remaining: 1, resetSeconds: 1 });
  });

  it('blocks whoever goes over, for blockSeconds and no longer', async () => {
    const { stores, wait } = create();
    const wanted = demand('block', { limit: 1, windowSeconds: 0.2, blockSeconds: 1.5 });
    await one(stores[0], wanted);
    expect(await one(stores[0], wanted)).toMatchObject({ allowed: false, retryAfterSeconds: 2 });
    await wait(1);
    expect(await one(stores[0], wanted)).toMatchObject({ allowed: false, retryAfterSeconds: 1 });
    await wait(0.6);
    expect((await one(stores[0], wanted)).allowed).toBe(true);
  });

  it('takes any text as group and tracker', async () => {
    const { stores } = create();
    const hostile = demand('}{\r\nFLUSHALL\r\n\0é', { group: '}{*\n"', limit: 1 });
    expect((await one(stores[0], hostile)).allowed).toBe(true);
    expect((await one(stores[0], hostile)).allowed).toBe(false);
  });
}
