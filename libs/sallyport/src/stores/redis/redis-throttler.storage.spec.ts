import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { dropPrefix, ownPrefix, sharedRedisUrl } from '../../../../../test/support/redis.js';
import { SystemClock } from '../../clock.js';
import { describeThrottlerStorage } from '../../throttling/throttler-storage.contract.js';
import { RedisConnection } from './redis-connection.js';
import { RedisThrottlerStorage } from './redis-throttler.storage.js';

if (sharedRedisUrl !== undefined) {
  const url = sharedRedisUrl;
  describe('RedisThrottlerStorage', () => {
    const keyPrefix = ownPrefix();
    const connection = new RedisConnection({ url, keyPrefix });
    const storage = new RedisThrottlerStorage(connection, new SystemClock());

    beforeAll(() => connection.open());
    afterAll(async () => {
      connection.close();
      await dropPrefix(url, keyPrefix);
    });

    describeThrottlerStorage(() => ({ storage, wait: (milliseconds) => sleep(milliseconds) }));

    it('every key it writes has a time to live [T8]', async () => {
      for (let n = 0; n < 4; n++) await storage.increment('a', 1000, 2, n, 'default');
      const probe = new Redis(url);
      const keys = await probe.keys(`${keyPrefix}:*`);
      const lives = await Promise.all(keys.map((key) => probe.pttl(key)));
      await probe.quit();
      expect(keys.length).toBeGreaterThan(1);
      expect(Math.min(...lives)).toBeGreaterThan(0);
    });
  });
}

describe('RedisThrottlerStorage without Redis', () => {
  it('counts for this instance alone', async () => {
    const connection = new RedisConnection({ url: 'redis://127.0.0.1:1' });
    await connection.open();
    const storage = new RedisThrottlerStorage(connection, new SystemClock());
    await storage.increment('a', 1000, 1, 1000, 'default');
    const record = await storage.increment('a', 1000, 1, 1000, 'default');
    connection.close();
    expect(record).toMatchObject({ totalHits: 2, isBlocked: true });
  });
});
