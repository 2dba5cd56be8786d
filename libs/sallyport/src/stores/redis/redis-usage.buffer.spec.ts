import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { dropPrefix, ownPrefix, sharedRedisUrl } from '../../../../../test/support/redis.js';
import { sampleBatch, sampleRow } from '../../usage/usage-samples.contract.js';
import { describeUsageBuffer } from '../../usage/usage.buffer.contract.js';
import { RedisConnection } from './redis-connection.js';
import { RedisUsageBuffer } from './redis-usage.buffer.js';

if (sharedRedisUrl !== undefined) {
  const url = sharedRedisUrl;
  describe('RedisUsageBuffer', () => {
    const probe = new Redis(url, { lazyConnect: true });
    const opened: RedisConnection[] = [];
    const prefixes: string[] = [];

    const open = async () => {
      const keyPrefix = ownPrefix();
      prefixes.push(keyPrefix);
      const connections = [1, 2].map(() => new RedisConnection({ url, keyPrefix }));
      opened.push(...connections);
      await Promise.all(connections.map((connection) => connection.open()));
      const [one, two] = connections as [RedisConnection, RedisConnection];
      return [new RedisUsageBuffer(one), new RedisUsageBuffer(two)] as const;
    };
    beforeAll(() => probe.connect());
    afterEach(async () => {
      jest.restoreAllMocks();
      for (const connection of opened.splice(0)) connection.close();
      for (const prefix of prefixes.splice(0)) await dropPrefix(url, prefix);
    });
    afterAll(() => {
      probe.disconnect();
    });

    describeUsageBuffer(open);

    it('every key it writes has a time to live, and none names who called [T8]', async () => {
      const [buffer] = await open();
      await buffer.push(sampleBatch(1, [sampleRow('2030-01-01T10:00:00Z')]));
      await buffer.peek('holder', 1);
      const keys = await probe.keys(`*${prefixes.at(-1) ?? ''}*`);
      expect(keys).toHaveLength(2);
      expect(keys.join(' ')).not.toMatch(/shop|192\.0\.2|k1/);
      for (const key of keys) expect(await probe.pttl(key)).toBeGreaterThan(0);
    });

    it('is held up by nothing that cannot be read', async () => {
      jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
      const [buffer] = await open();
      await buffer.push(sampleBatch(1));
      const [key = ''] = await probe.keys(`*${prefixes.at(-1) ?? ''}*`);
      for (const text of ['x {"id":1}', 'garbage', 'y [}', '']) await probe.lpush(key, text);
      const seen = await buffer.peek('holder', 10);
      expect(seen.map(({ rows }) => rows.length)).toEqual([0, 0, 0, 0, 1]);
      await buffer.remove(seen.map(({ id }) => id));
      expect(await buffer.peek('holder', 10)).toEqual([]);
    });
  });
}

describe('RedisUsageBuffer without Redis', () => {
  it('fails at once', async () => {
    const connection = new RedisConnection({ url: 'redis://127.0.0.1:1' });
    await connection.open();
    const buffer = new RedisUsageBuffer(connection);
    await expect(buffer.push(sampleBatch(1))).rejects.toMatchObject({
      code: 'ERR_STORE_UNAVAILABLE',
    });
    connection.close();
  });
});
