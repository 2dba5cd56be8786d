import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { dropPrefix, ownPrefix, sharedRedisUrl } from '../../../../../test/support/redis.js';
import { describeEphemeralRecordStore } from '../../ephemeral/ephemeral-record.store.contract.js';
import { RedisConnection } from './redis-connection.js';
import { RedisEphemeralRecordStore } from './redis-ephemeral-record.store.js';
import { quickest } from '../../../../../test/support/stopwatch.js';

if (sharedRedisUrl !== undefined) {
  const url = sharedRedisUrl;
  describe('RedisEphemeralRecordStore', () => {
    const keyPrefix = ownPrefix();
    const connections = [1, 2].map(() => new RedisConnection({ url, keyPrefix }));
    const [one, two] = connections as [RedisConnection, RedisConnection];
    const stores = [
      new RedisEphemeralRecordStore(one),
      new RedisEphemeralRecordStore(two),
    ] as const;
    const probe = new Redis(url, { lazyConnect: true });

    beforeAll(async () => {
      await Promise.all([...connections.map((connection) => connection.open()), probe.connect()]);
    });
    afterAll(async () => {
      for (const connection of connections) connection.close();
      probe.disconnect();
      await dropPrefix(url, keyPrefix);
    });

    describeEphemeralRecordStore(() => ({ stores, wait: (seconds) => sleep(seconds * 1000) }));

    it('every key it writes has a time to live, and none shows the id [T8]', async () => {
      const before = new Set(await probe.keys(`${keyPrefix}:*`));
      await stores[0].put('interaction', 'id-secret', 'value', 600);
      await stores[1].put('interaction', 'id-secret', 'other', 600);
      await stores[0].put('interaction', 'other-secret', 'value', 0.5);
      const keys = (await probe.keys(`${keyPrefix}:*`)).filter((key) => !before.has(key));
      const lives = await Promise.all(keys.map((key) => probe.pttl(key)));
      expect(keys).toHaveLength(2);
      expect(keys.join(' ')).not.toContain('secret');
      expect(Math.min(...lives)).toBeGreaterThan(0);
      expect(Math.max(...lives)).toBeGreaterThan(590_000);
      expect(Math.max(...lives)).toBeLessThanOrEqual(600_000);
    });
  });
}

describe('RedisEphemeralRecordStore without Redis', () => {
  it('fails at once, whatever is asked of it', async () => {
    const connection = new RedisConnection({ url: 'redis://127.0.0.1:1' });
    await connection.open();
    const store = new RedisEphemeralRecordStore(connection);
    const took = await quickest(async () => {
      for (const call of [
        store.put('interaction', 'id', 'value', 60),
        store.get('interaction', 'id'),
        store.delete('interaction', 'id'),
      ]) {
        await expect(call).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
      }
    });
    expect(took).toBeLessThan(50);
    connection.close();
  });
});
