import { canStartRedis } from '../../../../../test/support/redis.js';
import {
  startWatchedRedis,
  type WatchedRedis,
} from '../../../../../test/support/redis-sentinel.js';
import { describeRedisStores } from '../../../../../test/support/redis-store-contracts.js';
import { RedisConnection } from './redis-connection.js';

if (canStartRedis) {
  describe('What we keep in a Redis that Sentinels watch [W9]', () => {
    let redis: WatchedRedis;
    beforeAll(async () => {
      redis = await startWatchedRedis();
    });
    afterAll(() => redis.stop());

    describeRedisStores((keyPrefix) => new RedisConnection({ url: redis.url, keyPrefix }));
  });
} else {
  it('needs a redis-server binary, which this run does not cover', () => {
    expect(process.env.TEST_STORES).not.toBe('all');
  });
}
