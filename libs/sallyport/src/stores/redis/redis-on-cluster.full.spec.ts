import { type Redis } from 'ioredis';
import { canStartRedis } from '../../../../../test/support/redis.js';
import { startRedisCluster, type RedisCluster } from '../../../../../test/support/redis-cluster.js';
import { describeRedisStores } from '../../../../../test/support/redis-store-contracts.js';
import { RedisConnection } from './redis-connection.js';

if (canStartRedis) {
  describe('What we keep in a Redis Cluster [W9]', () => {
    let redis: RedisCluster;
    const asked = new Map<string, number>();

    beforeAll(async () => {
      redis = await startRedisCluster();
      for (const { operator } of redis.nodes) await operator.config('RESETSTAT');
    });
    afterAll(() => redis.stop());
    afterEach(async () => {
      expect(await keysForEver(redis)).toEqual([]);
    });

    describeRedisStores((keyPrefix) => new RedisConnection({ url: redis.url, keyPrefix }));

    it('no call names keys of two slots or touches keys it does not name', async () => {
      for (const { operator } of redis.nodes) countInto(asked, await operator.info('errorstats'));
      const expected = ['NOSCRIPT', 'MOVED'];
      expect([...asked.keys()].filter((error) => !expected.includes(error))).toEqual([]);
    });

    it('replicas are asked for nothing', async () => {
      const masters = await redis.masters();
      for (const node of redis.nodes.filter((one) => !masters.includes(one))) {
        const reads = await node.operator.info('commandstats');
        expect(reads).not.toMatch(/cmdstat_(get|mget|exists|evalsha|eval):/);
      }
      expect(masters).toHaveLength(3);
    });
  });

  /** `errorstat_MOVED:count=2` */
  function countInto(counts: Map<string, number>, errorStats: string): void {
    for (const [, name = '', count = '0'] of errorStats.matchAll(
      /^errorstat_(\S+):count=(\d+)/gm,
    )) {
      counts.set(name, (counts.get(name) ?? 0) + Number(count));
    }
  }

  async function keysForEver(redis: RedisCluster): Promise<string[]> {
    const found: string[] = [];
    for (const { operator } of await redis.masters()) {
      found.push(...(await withoutTimeToLive(operator)));
    }
    return found;
  }

  async function withoutTimeToLive(node: Redis): Promise<string[]> {
    const keys: string[] = [];
    for await (const some of node.scanStream({ count: 1000 })) keys.push(...(some as string[]));
    const lives = await Promise.all(keys.map((key) => node.pttl(key)));
    return keys.filter((_, index) => lives[index] === -1);
  }
} else {
  it('needs a redis-server binary, which this run does not cover', () => {
    expect(process.env.TEST_STORES).not.toBe('all');
  });
}
