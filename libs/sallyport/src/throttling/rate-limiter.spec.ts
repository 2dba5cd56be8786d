import { SallyportError } from '../errors.js';
import { FrozenClock } from '../testing/frozen-clock.js';
import type { RateLimitDemand, RateLimitState } from './rate-limit.js';
import { RateLimitStore } from './rate-limit.store.js';
import { RateLimiter } from './rate-limiter.js';

const demand: RateLimitDemand = {
  policy: 'client',
  group: 'client app',
  tracker: 'reads',
  limit: 1,
  windowSeconds: 60,
};

class ScriptedStore extends RateLimitStore {
  failure: Error | null = null;
  asked = 0;
  consume(): Promise<readonly RateLimitState[]> {
    this.asked++;
    return this.failure === null ? Promise.resolve([]) : Promise.reject(this.failure);
  }
  lease(): Promise<never> {
    return Promise.reject(new SallyportError('ERR_STORE_UNAVAILABLE'));
  }
  countInstances(): Promise<number> {
    return Promise.resolve(1);
  }
}

describe('RateLimiter', () => {
  const clock = new FrozenClock(new Date('2030-01-01T00:00:00Z'));

  it('comes back to the store once it answers again', async () => {
    const store = new ScriptedStore();
    const limiter = new RateLimiter(store, clock);
    store.failure = new SallyportError('ERR_STORE_UNAVAILABLE');
    await limiter.consume([demand]);
    store.failure = null;
    clock.advance(1);
    await limiter.consume([demand]);
    expect(store.asked).toBe(2);
    expect(limiter.localDecisions).toBe(1);
  });

  it('comes back to the store though the clock was set back meanwhile', async () => {
    const store = new ScriptedStore();
    const limiter = new RateLimiter(store, clock);
    store.failure = new SallyportError('ERR_STORE_UNAVAILABLE');
    await limiter.consume([demand]);
    store.failure = null;
    clock.advance(-3600);
    await limiter.consume([demand]);
    expect(store.asked).toBe(1); // the pause of a second is not over because of that
    clock.advance(1);
    await limiter.consume([demand]);
    expect(store.asked).toBe(2);
  });

  it('refuses what fails closed while the store is away, and nothing else', async () => {
    const store = new ScriptedStore();
    const limiter = new RateLimiter(store, clock);
    store.failure = new SallyportError('ERR_STORE_UNAVAILABLE');
    const closed: RateLimitDemand = { ...demand, policy: 'login', failMode: 'closed' };
    for (let n = 0; n < 2; n++) {
      const answer = limiter.consume([demand, closed]);
      await expect(answer).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
    }
    expect(limiter.localDecisions).toBe(0);
    expect(await limiter.consume([demand])).toMatchObject([{ allowed: true }]);
    store.failure = null;
    clock.advance(1);
    expect(await limiter.consume([demand, closed])).toEqual([]);
  });

  it('passes other failures on, so that a mistake is not taken for an outage', async () => {
    const store = new ScriptedStore();
    store.failure = new TypeError('broken');
    await expect(new RateLimiter(store, clock).consume([demand])).rejects.toThrow(TypeError);
  });

  it('asks nobody when there is nothing to spend', async () => {
    const store = new ScriptedStore();
    expect(await new RateLimiter(store, clock).consume([])).toEqual([]);
    expect(store.asked).toBe(0);
  });
});
