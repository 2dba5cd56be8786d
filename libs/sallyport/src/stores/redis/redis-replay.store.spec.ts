import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import {
  canStartRedis,
  dropPrefix,
  ownPrefix,
  sharedRedisUrl,
  startRedis,
} from '../../../../../test/support/redis.js';
import { describeReplayStore } from '../../ephemeral/replay.store.contract.js';
import { RedisConnection } from './redis-connection.js';
import { RedisReplayStore } from './redis-replay.store.js';
import { inTime, quickest } from '../../../../../test/support/stopwatch.js';

if (sharedRedisUrl !== undefined) {
  const url = sharedRedisUrl;
  describe('RedisReplayStore', () => {
    const keyPrefix = ownPrefix();
    const connections = [1, 2].map(() => new RedisConnection({ url, keyPrefix }));
    const [one, two] = connections as [RedisConnection, RedisConnection];
    const stores = [new RedisReplayStore(one), new RedisReplayStore(two)] as const;
    const probe = new Redis(url, { lazyConnect: true });

    beforeAll(async () => {
      await Promise.all([...connections.map((connection) => connection.open()), probe.connect()]);
    });
    afterAll(async () => {
      for (const connection of connections) connection.close();
      probe.disconnect();
      await dropPrefix(url, keyPrefix);
    });

    describeReplayStore(() => ({ stores, wait: (seconds) => sleep(seconds * 1000) }));

    it('every key it writes has a time to live, and none shows the id [T8]', async () => {
      const before = new Set(await probe.keys(`${keyPrefix}:*`));
      await stores[0].claim('assertion', 'jti-secret', 600);
      await stores[1].claim('assertion', 'jti-secret', 9000);
      const keys = (await probe.keys(`${keyPrefix}:*`)).filter((key) => !before.has(key));
      expect(keys).toHaveLength(1);
      expect(keys.join(' ')).not.toContain('secret');
      const life = await probe.pttl(keys[0] ?? '');
      expect(life).toBeGreaterThan(590_000);
      expect(life).toBeLessThanOrEqual(600_000);
    });
  });
}

if (canStartRedis) {
  describe('RedisReplayStore on a Redis that fails', () => {
    it('accepts nothing that a full Redis cannot remember', async () => {
      const redis = await startRedis('--maxmemory', '1', '--maxmemory-policy', 'noeviction');
      const connection = new RedisConnection({ url: redis.url });
      try {
        await connection.open();
        expect(await connection.ping()).toBe(true);
        await expect(
          new RedisReplayStore(connection).claim('assertion', 'id', 60),
        ).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
      } finally {
        connection.close();
        await redis.stop();
      }
    });

    it('accepts nothing from a Redis that does not answer', async () => {
      const redis = await startRedis();
      const connection = new RedisConnection({ url: redis.url });
      const store = new RedisReplayStore(connection);
      try {
        await connection.open();
        expect(await store.claim('assertion', 'before', 60)).toBe(true);
        redis.freeze(true);
        await inTime(1000, () =>
          expect(store.claim('assertion', 'id', 60)).rejects.toMatchObject({
            code: 'ERR_STORE_UNAVAILABLE',
          }),
        );
      } finally {
        redis.freeze(false);
        connection.close();
        await redis.stop();
      }
    });
  });
}

describe('RedisReplayStore without Redis', () => {
  it('fails at once: what cannot be remembered is not accepted', async () => {
    const connection = new RedisConnection({ url: 'redis://127.0.0.1:1' });
    await connection.open();
    const took = await quickest(() =>
      expect(new RedisReplayStore(connection).claim('assertion', 'id', 60)).rejects.toMatchObject({
        code: 'ERR_STORE_UNAVAILABLE',
      }),
    );
    expect(took).toBeLessThan(50);
    connection.close();
  });
});
