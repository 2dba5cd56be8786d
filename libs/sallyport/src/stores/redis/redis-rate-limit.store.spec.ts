import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { dropPrefix, ownPrefix, sharedRedisUrl } from '../../../../../test/support/redis.js';
import { FrozenClock } from '../../testing/frozen-clock.js';
import { CalendarPeriod } from '../../throttling/counting/calendar-period.js';
import { describeRateLimitStore } from '../../throttling/rate-limit.store.contract.js';
import { Limit } from '../../throttling/counting/limit.js';
import { RedisConnection } from './redis-connection.js';
import { RedisRateLimitStore } from './redis-rate-limit.store.js';
import { quickest } from '../../../../../test/support/stopwatch.js';

if (sharedRedisUrl !== undefined) {
  const url = sharedRedisUrl;
  describe('RedisRateLimitStore', () => {
    const keyPrefix = ownPrefix();
    const connections = [1, 2].map(() => new RedisConnection({ url, keyPrefix }));
    const [one, two] = connections as [RedisConnection, RedisConnection];
    const stores = [new RedisRateLimitStore(one), new RedisRateLimitStore(two)] as const;
    const probe = new Redis(url, { lazyConnect: true });

    beforeAll(async () => {
      await Promise.all([...connections.map((connection) => connection.open()), probe.connect()]);
    });
    afterAll(async () => {
      for (const connection of connections) connection.close();
      probe.disconnect();
      await dropPrefix(url, keyPrefix);
    });

    describeRateLimitStore(() => ({ stores, wait: (seconds) => sleep(seconds * 1000) }));

    it('what is asked for in one turn of the event loop is sent in one call [C33]', async () => {
      const calls = async (): Promise<number> => {
        const text = await probe.info('commandstats');
        return Number(/cmdstat_evalsha:calls=(\d+)/.exec(text)?.[1] ?? 0);
      };
      const demand = { group: 'tick', policy: 'client', limit: 40, windowSeconds: 60 };
      await stores[0].consume([{ ...demand, tracker: 'warm' }]);
      const before = await calls();
      await Promise.all(
        Array.from({ length: 60 }, (_, n) =>
          stores[0].consume([{ ...demand, tracker: `of ${n}` }]),
        ),
      );
      // Other tests share this server, but none of them makes 60 calls meanwhile.
      expect((await calls()) - before).toBeLessThan(60);
    });

    it('what an instance gives back of a day that has ended lowers nothing of the next', async () => {
      const quota = () =>
        new Limit({
          ...{ kind: 'quota', policy: 'client-day', group: 'midnight', tracker: 'a' },
          ...{ limit: 100, cost: 5, period: new CalendarPeriod('day') },
        });
      await stores[0].consume([quota()]);
      // The question was on its way at midnight: it was asked by the bounds of the day before.
      const yesterday = new FrozenClock(new Date(Date.now() - 86_400_000));
      const late = new RedisRateLimitStore(one, yesterday);
      const returned = { holder: 'x', held: 0, need: 0, want: 0, giveBack: 3, lifeSeconds: 5 };
      expect(await late.lease([{ limit: quota(), ...returned }])).toMatchObject([{ level: 5 }]);
      expect(await stores[0].lease([{ limit: quota(), ...returned }])).toMatchObject([
        { level: 2 },
      ]);
    });

    it('every key it writes has a time to live, blocked or not [T8]', async () => {
      const demand = { group: 'ttl', limit: 1, windowSeconds: 30 };
      for (let n = 0; n < 3; n++) {
        await stores[0].consume([{ ...demand, policy: 'client', tracker: 'a' }]);
        await stores[0].consume([{ ...demand, policy: 'user', tracker: 'a', blockSeconds: 600 }]);
        await stores[0].consume([{ ...demand, policy: 'zero', tracker: 'a', limit: 0 }]);
        const limit = new Limit({ ...demand, policy: 'leased', tracker: 'a' });
        const asked = {
          limit,
          holder: 'x',
          held: 0,
          need: 1,
          want: 0,
          giveBack: 0,
          lifeSeconds: 5,
        };
        await stores[0].lease([asked]);
      }
      const keys = await probe.keys(`${keyPrefix}:*`);
      const lives = await Promise.all(keys.map((key) => probe.pttl(key)));
      expect(keys.some((key) => key.includes(':client:'))).toBe(true);
      expect(keys.some((key) => key.includes(':zero:'))).toBe(false);
      for (const life of lives) {
        expect(life).toBeGreaterThan(0);
        expect(life).toBeLessThanOrEqual(86_400_000);
      }
    });

    it('all keys of a request share a Cluster slot, and none shows whom it counts [W9]', async () => {
      const before = new Set(await probe.keys(`${keyPrefix}:*`));
      const limit = { group: 'g-secret', limit: 1, windowSeconds: 60 };
      await stores[0].consume([
        { ...limit, policy: 'client', tracker: 'reads' },
        { ...limit, policy: 'user', tracker: 'alice' },
      ]);
      const keys = (await probe.keys(`${keyPrefix}:*`)).filter((key) => !before.has(key));
      expect(keys).toHaveLength(2);
      expect(new Set(keys.map((key) => /\{(.+)\}/.exec(key)?.[1])).size).toBe(1);
      expect(keys.join(' ')).not.toMatch(/g-secret|alice/);
    });
  });
}

describe('RedisRateLimitStore without Redis', () => {
  it('fails at once, so that the caller may count for itself', async () => {
    const connection = new RedisConnection({ url: 'redis://127.0.0.1:1' });
    await connection.open();
    const demand = { policy: 'client', group: 'g', tracker: 't', limit: 1, windowSeconds: 60 };
    const took = await quickest(() =>
      expect(new RedisRateLimitStore(connection).consume([demand])).rejects.toMatchObject({
        code: 'ERR_STORE_UNAVAILABLE',
      }),
    );
    expect(took).toBeLessThan(50);
    connection.close();
  });
});
