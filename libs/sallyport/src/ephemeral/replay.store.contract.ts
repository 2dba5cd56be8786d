import type { ReplayStore } from './replay.store.js';

export interface ReplayStoreUnderTest {
  /** The same memory, as two instances see it. */
  readonly stores: readonly [ReplayStore, ReplayStore];
  wait(seconds: number): Promise<void>;
}

const KIND = 'assertion';

/** What every ReplayStore must do. Each adapter's spec calls this with its own store. */
export function describeReplayStore(create: () => ReplayStoreUnderTest): void {
  it('lets the first claim win, and none after it on any instance', async () => {
    const { stores } = create();
    expect(await stores[0].claim(KIND, 'first', 60)).toBe(true);
    expect(await stores[0].claim(KIND, 'first', 60)).toBe(false);
    expect(await stores[1].claim(KIND, 'first', 60)).toBe(false);
  });

  it('lets exactly one of 20 claims at once on two instances win', async () => {
    const { stores } = create();
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, n) => stores[n % 2 === 0 ? 0 : 1].claim(KIND, 'raced', 60)),
    );
    expect(claims.filter(Boolean)).toHaveLength(1);
  });

  it('remembers for the time asked for, and no longer', async () => {
    const { stores, wait } = create();
    expect(await stores[0].claim(KIND, 'short', 1)).toBe(true);
    expect(await stores[0].claim(KIND, 'long', 60)).toBe(true);
    await wait(1.1);
    expect(await stores[1].claim(KIND, 'short', 60)).toBe(true);
    expect(await stores[1].claim(KIND, 'long', 60)).toBe(false);
  });

  it('is not made to remember longer by a claim that loses', async () => {
    const { stores, wait } = create();
    await stores[0].claim(KIND, 'not prolonged', 1);
    expect(await stores[1].claim(KIND, 'not prolonged', 60)).toBe(false);
    await wait(1.1);
    expect(await stores[0].claim(KIND, 'not prolonged', 60)).toBe(true);
  });

  it.each([0, -60])('remembers what has %d seconds left', async (ttlSeconds) => {
    const { stores } = create();
    expect(await stores[0].claim(KIND, `left ${ttlSeconds}`, ttlSeconds)).toBe(true);
    expect(await stores[1].claim(KIND, `left ${ttlSeconds}`, ttlSeconds)).toBe(false);
  });

  it('remembers what claims to live for longer than there are dates', async () => {
    const { stores } = create();
    expect(await stores[0].claim(KIND, 'eternal', Number.MAX_VALUE)).toBe(true);
    expect(await stores[1].claim(KIND, 'eternal', Number.MAX_VALUE)).toBe(false);
  });

  it('keeps kinds and ids apart, whatever text they are', async () => {
    const { stores } = create();
    const names: (readonly [string, string])[] = [
      ['a', 'b:c'],
      ['a:b', 'c'],
      ['a', 'b","c'],
      ['a","b', 'c'],
      ['', ''],
      ['a', '}{\r\nFLUSHALL\r\n\0é'],
      ['a', '\ud800'],
      ['a', '\ud801'],
      ['a', 'x'.repeat(100_000)],
    ];
    for (const [kind, id] of names) expect(await stores[0].claim(kind, id, 60)).toBe(true);
    for (const [kind, id] of names) expect(await stores[1].claim(kind, id, 60)).toBe(false);
  });

  it.each([NaN, Infinity])('refuses to remember for %d seconds', async (ttlSeconds) => {
    const { stores } = create();
    const id = `for ${ttlSeconds}`;
    await expect(stores[0].claim(KIND, id, ttlSeconds)).rejects.toThrow(TypeError);
    expect(await stores[0].claim(KIND, id, 60)).toBe(true);
  });
}
