import { FrozenClock } from '../testing/frozen-clock.js';
import { FreshCache } from './fresh-cache.js';

describe('FreshCache', () => {
  const start = new Date('2030-01-01T00:00:00Z');

  function create(...limits: number[]) {
    const clock = new FrozenClock(start);
    const cache = new FreshCache<number>(clock, ...limits);
    let loads = 0;
    const get = (key: string) => cache.get(key, () => Promise.resolve(++loads));
    return { clock, cache, get, loads: () => loads };
  }

  it('asks once for as long as the answer is fresh, and again after half a second', async () => {
    const { clock, get } = create();
    expect(await get('a')).toBe(1);
    clock.advance(0.499);
    expect(await get('a')).toBe(1);
    clock.advance(0.001);
    expect(await get('a')).toBe(2);
  });

  it('keeps keys apart', async () => {
    const { get } = create();
    expect([await get('a'), await get('b'), await get('a')]).toEqual([1, 2, 1]);
  });

  it('lets those who ask at once share one load', async () => {
    const { get, loads } = create();
    expect(await Promise.all([get('a'), get('a'), get('a')])).toEqual([1, 1, 1]);
    expect(loads()).toBe(1);
  });

  it('tells a failure to all who wait for it, and asks again next time', async () => {
    const { cache, get } = create();
    const fail = () => Promise.reject(new Error('gone'));
    const waiting = [cache.get('a', fail), get('a')];
    await expect(Promise.allSettled(waiting)).resolves.toMatchObject([
      { status: 'rejected' },
      { status: 'rejected' },
    ]);
    expect(await get('a')).toBe(1);
  });

  it('a late failure does not throw out the answer that came after it', async () => {
    const { cache, clock, get } = create();
    const slow = Promise.withResolvers<number>();
    const waiting = cache.get('a', () => slow.promise);
    clock.advance(1);
    expect(await get('a')).toBe(1);
    slow.reject(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    expect(await get('a')).toBe(1);
  });

  it('asks again after an eviction, even while a load is under way', async () => {
    const { cache, get } = create();
    const slow = Promise.withResolvers<number>();
    const before = cache.get('a', () => slow.promise);
    cache.evict('a');
    expect(await get('a')).toBe(1);
    slow.resolve(99);
    expect(await before).toBe(99);
    expect(await get('a')).toBe(1);
  });

  it('asks again when the clock was set back: an answer from the future is not fresh', async () => {
    const { clock, get } = create();
    await get('a');
    clock.set(new Date(start.getTime() - 3_600_000));
    expect(await get('a')).toBe(2);
  });

  it('is bounded: what was asked first goes first', async () => {
    const { get, loads } = create(500, 2);
    for (const key of ['a', 'b', 'c', 'b', 'c']) await get(key);
    expect(loads()).toBe(3);
    expect(await get('a')).toBe(4);
  });
});
