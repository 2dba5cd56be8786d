import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { dropPrefix, ownPrefix, sharedRedisUrl } from '../../../../../test/support/redis.js';
import { describeRateLimitStore } from '../../throttling/rate-limit.store.contract.js';
import { RedisConnection } from './redis-connection.js';
import { RedisRateLimitStore } from './redis-rate-limit.store.js';

const suite = sharedRedisUrl === undefined ? null : sharedRedisUrl;

if (suite !== null) {
  describe('RedisRateLimitStore', () => {
    const url = suite;
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

    it('every key it writes has a time to live, blocked or not [T8]', async () => {
      const demand = { group: 'ttl', limit: 1, windowSeconds: 30 };
      for (let n = 0; n < 3; n++) {
        await stores[0].consume([{ ...demand, policy: 'client', tracker: 'a' }]);
        await stores[0].consume([{ ...demand, policy: 'user', tracker: 'a', blockSeconds: 600 }]);
        await stores[0].consume([{ ...demand, policy: 'zero', tracker: 'a', limit: 0 }]);
      }
      const keys = await probe.keys(`${keyPrefix}:*`);
      const lives = await Promise.all(keys.map((key) => probe.pttl(key)));
      expect(keys.some((key) => key.includes(':client:'))).toBe(true);
      expect(keys.some((key) => key.includes(':zero:'))).toBe(false);
      for (const life of lives) {
        expect(life).toBeGreaterThan(0);
        expect(life).toBeLessThanOrEqual(600_000);
      }
    });

    it('all keys of a request fall into one Cluster slot, and none shows whom it counts [W9]', async () => {
      await stores[0].consume([
        { policy: 'client', group: 'g-secret', tracker: 't-1', limit: 1, windowSeconds: 77 },
        { policy: 'user', group: 'g-secret', tracker: 'alice', limit: 1, windowSeconds: 77 },
      ]);
      const keys = (await probe.keys(`${keyPrefix}:rl:*`)).filter((key) => !key.includes('zero'));
      expect(keys.join(' ')).not.toMatch(/g-secret|alice/);
      const lately = await Promise.all(
        keys.map(async (key) => ((await probe.pttl(key)) > 150_000 ? key : null)),
      );
      const slots = lately
        .filter((key) => key !== null && /:(client|user):/.test(key))
        .map((key) => /\{(.+)\}/.exec(key ?? '')?.[1]);
      expect(slots.length).toBeGreaterThanOrEqual(2);
    });
  });
}
