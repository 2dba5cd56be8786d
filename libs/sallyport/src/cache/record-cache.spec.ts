import { FrozenClock } from '../testing/frozen-clock.js';
import { ChangeVersions } from './change-versions.js';
import { RecordCache, type RecordCacheOptions } from './record-cache.js';

const start = new Date('2030-01-01T00:00:00Z');
const hashOf = (id: string) => id.charCodeAt(0);

function create(options: Partial<RecordCacheOptions<number | null>> = {}) {
  const clock = new FrozenClock(start);
  const versions = new ChangeVersions();
  const loads: string[] = [];
  const load = (id: string): Promise<number> => Promise.resolve(loads.push(id));
  const cache = new RecordCache<number | null>(clock, versions, { load, hashOf, ...options });
  return { clock, versions, cache, loads };
}

describe('RecordCache', () => {
  it('answers without waiting what it has seen, for a minute', async () => {
    const { clock, cache } = create();
    expect(await cache.find('a')).toBe(1);
    clock.advance(59);
    expect(cache.find('a')).toBe(1);
    clock.advance(1);
    expect(cache.find('a')).toBe(1);
    await Promise.resolve();
    expect(cache.find('a')).toBe(2);
    clock.advance(121);
    expect(await cache.find('a')).toBe(3);
  });

  it('lets what it knows stand in for a store that is away, unless a change was told', async () => {
    let isAway = false;
    const load = () => (isAway ? Promise.reject(new Error('away')) : Promise.resolve(7));
    const { clock, versions, cache } = create({ load });
    expect(await cache.find('a')).toBe(7);
    isAway = true;
    clock.advance(90);
    expect(cache.find('a')).toBe(7);
    clock.advance(90);
    expect(await cache.find('a')).toBe(7);
    clock.advance(0.5);
    expect(cache.find('a')).toBe(7);
    versions.raise(hashOf('a'));
    await expect(cache.find('a')).rejects.toThrow('away');
    versions.raise(hashOf('b'));
    await expect(cache.find('b')).rejects.toThrow('away');
  });

  it('lets nothing older than an hour stand in', async () => {
    let isAway = false;
    const load = () => (isAway ? Promise.reject(new Error('away')) : Promise.resolve(7));
    const { clock, cache } = create({ load });
    await cache.find('a');
    isAway = true;
    clock.advance(3601);
    await expect(cache.find('a')).rejects.toThrow('away');
  });

  it('keeps what is not there for half a second only', async () => {
    const { clock, cache } = create({ load: () => Promise.resolve(null) });
    await cache.find('a');
    expect(cache.find('a')).toBeNull();
    clock.advance(0.5);
    expect(cache.find('a')).toBeInstanceOf(Promise);
  });

  it('asks again once a change is told, and not for a change of another', async () => {
    const { versions, cache } = create();
    expect([await cache.find('a'), await cache.find('b')]).toEqual([1, 2]);
    versions.raise(hashOf('a'));
    expect([await cache.find('a'), await cache.find('b')]).toEqual([3, 2]);
    versions.raiseAll();
    expect([await cache.find('a'), await cache.find('b')]).toEqual([4, 5]);
  });

  it('lets those who ask at once share one load', async () => {
    const { cache, loads } = create();
    expect(await Promise.all([cache.find('a'), cache.find('a'), cache.find('a')])).toEqual([
      1, 1, 1,
    ]);
    expect(loads).toEqual(['a']);
  });

  it('neither keeps nor hands to others a load that a change overtook', async () => {
    const answers = [Promise.withResolvers<number>(), Promise.withResolvers<number>()];
    let loads = 0;
    const { versions, cache } = create({
      load: () => answers[loads++]?.promise ?? Promise.resolve(9),
    });
    const before = cache.find('a');
    versions.raise(hashOf('a'));
    const after = cache.find('a');
    answers[1]?.resolve(2);
    expect(await after).toBe(2);
    answers[0]?.resolve(1);
    expect(await before).toBe(1);
    expect(cache.find('a')).toBe(2);
    versions.raise(hashOf('a'));
    expect(await cache.find('a')).toBe(9);
  });

  it('tells a failure to all who wait for it, and asks again next time', async () => {
    let fails = true;
    const load = () => (fails ? Promise.reject(new Error('gone')) : Promise.resolve(7));
    const { cache } = create({ load });
    const waiting = [cache.find('a'), cache.find('a')];
    for (const one of waiting) await expect(one).rejects.toThrow('gone');
    fails = false;
    expect(await cache.find('a')).toBe(7);
  });

  it('forgets what is evicted, a load under way too', async () => {
    const { cache } = create();
    const before = cache.find('a');
    cache.evict('a');
    expect(await before).toBe(1);
    expect(await cache.find('a')).toBe(2);
    cache.evict('a');
    expect(await cache.find('a')).toBe(3);
  });

  it('asks again when the clock was set back: an answer from the future is not fresh', async () => {
    const { clock, cache } = create();
    await cache.find('a');
    clock.advance(-3600);
    expect(await cache.find('a')).toBe(2);
  });

  it('is bounded, and keeps what is asked for', async () => {
    const { cache, loads } = create({ capacity: 10 });
    for (let n = 0; n < 100; n++) {
      await cache.find('a');
      await cache.find(`b${n}`);
    }
    expect(loads.filter((id) => id === 'a')).toHaveLength(1);
    expect(cache.find('b99')).not.toBeInstanceOf(Promise);
    expect(cache.find('b70')).toBeInstanceOf(Promise);
  });

  it('answers 1,000 by turns without a load each [N2]', async () => {
    const { cache, loads } = create();
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 1000; n++) await cache.find(`user ${n}`);
    }
    expect(loads).toHaveLength(1000);
  });
});
