import { SystemRandomness } from '../../randomness.js';
import { MemoryRateLimitStore } from '../../stores/memory/memory-rate-limit.store.js';
import { FrozenClock } from '../../testing/frozen-clock.js';
import { Limit } from '../counting/limit.js';
import { InstanceCensus } from '../instance-census.js';
import { RateLimiter } from '../rate-limiter.js';
import { RequestLimits } from '../request-limits.js';
import { resolveThrottlingOptions } from '../throttling.options.js';
import { BlockCounts } from './block-counts.js';
import { BlockLimit } from './block-limit.js';

class CountingStore extends MemoryRateLimitStore {
  asked = 0;
  override lease(...args: Parameters<MemoryRateLimitStore['lease']>) {
    this.asked += args[0].length;
    return super.lease(...args);
  }
}

function setUp(instances: number, limit: number) {
  const clock = new FrozenClock(new Date('2030-01-01T00:00:00Z'));
  const store = new CountingStore(clock);
  const options = resolveThrottlingOptions({ expectedInstances: instances }, []);
  const create = () => {
    const census = new InstanceCensus(store, new SystemRandomness(), options);
    const limits = new RequestLimits(new RateLimiter(store, clock, census), census);
    return new BlockLimit('address', { limit, windowSeconds: 60 }, { limits, census });
  };
  const all = Array.from({ length: instances }, create);
  const spend = async (block: string, times: number): Promise<number> => {
    let allowed = 0;
    for (let n = 0; n < times; n++) {
      const state = await all[n % instances]?.spend(block, clock.now().getTime());
      if (state === null) allowed += 1;
    }
    return allowed;
  };
  return { clock, store, all, spend };
}

describe('BlockLimit', () => {
  it.each([
    [1, 300],
    [2, 300],
    [4, 300],
    [3, 10],
    [4, 2],
  ])('over %d instances lets exactly the limit of %d through [C33]', async (instances, limit) => {
    const { spend } = setUp(instances, limit);
    expect(await spend('192.0.2.1', limit * 3)).toBe(limit);
    expect(await spend('192.0.2.2', limit * 3)).toBe(limit);
  });

  it('a lone instance asks nobody, and one of several only beyond its own part', async () => {
    const alone = setUp(1, 300);
    await alone.spend('192.0.2.1', 400);
    expect(alone.store.asked).toBe(0);
    const several = setUp(3, 300);
    for (let n = 0; n < 2000; n++) await several.spend(`block ${n}`, 3);
    expect(several.store.asked).toBe(0);
  });

  it('lets the sustained rate through', async () => {
    const { spend, clock } = setUp(2, 60);
    await spend('192.0.2.1', 100);
    let allowed = 0;
    for (let second = 0; second < 60; second++) {
      clock.advance(1);
      allowed += await spend('192.0.2.1', 4);
    }
    expect(allowed).toBeGreaterThanOrEqual(50);
    expect(allowed).toBeLessThanOrEqual(61);
  });
});

describe('BlockCounts', () => {
  const limit = new Limit({
    ...{ policy: 'address', group: 'address', tracker: '' },
    ...{ limit: 2, windowSeconds: 60 },
  });

  it('holds no more blocks than it may, whatever floods it [T10]', () => {
    const counts = new BlockCounts(1000);
    for (let n = 0; n < 50_000; n++) counts.spend(`2001:db8:0:${n}::/64`, limit, 0);
    expect(counts.size).toBeLessThanOrEqual(1000);
  });

  it('shrinks again as windows end', () => {
    const counts = new BlockCounts(1000);
    for (let n = 0; n < 500; n++) counts.spend(`block ${n}`, limit, 0);
    for (let n = 0; n < 300; n++) counts.spend(`other ${n}`, limit, 121_000);
    expect(counts.size).toBeLessThanOrEqual(300);
  });

  it('a clock that was set back locks nobody out for longer than a window', () => {
    const counts = new BlockCounts();
    for (let n = 0; n < 2; n++) counts.spend('a', limit, 1_000_000_000);
    expect(counts.spend('a', limit, 0)).toBe(false);
    expect(counts.level('a', limit, 0)).toBe(2);
  });
});

describe('BlockLimit, exactly', () => {
  it('asks on every request and lets exactly the limit through, whichever instance is asked [C33]', async () => {
    const { all } = setUp(3, 10);
    let allowed = 0;
    for (let n = 0; n < 30; n++) {
      if ((await all[n % 3]?.spendExactly('192.0.2.1')) === null) allowed += 1;
    }
    expect(allowed).toBe(10);
  });
});
