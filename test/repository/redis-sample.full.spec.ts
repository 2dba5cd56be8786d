import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { RedisConnection } from '../../libs/sallyport/src/stores/redis/redis-connection.js';
import { startRedisCluster, type RedisCluster } from '../support/redis-cluster.js';
import { describeRedisStores } from '../support/redis-store-contracts.js';
import { runRedis } from '../support/redis-process.js';
import { canStartRedis, type PrivateRedis } from '../support/redis.js';
import { readSource } from './source-files.js';

const password = randomBytes(16).toString('hex');
const passwordHash = createHash('sha256').update(password).digest('hex');
const acl = readSource('deploy/redis/users.acl').replace(
  'SHA256_OF_THE_PASSWORD_IN_HEX',
  passwordHash,
);
const asApp = (url: string): string => url.replace('//', `//sallyport:${password}@`);

if (canStartRedis) {
  describe('A Redis by deploy/redis [C15] [C16]', () => {
    let redis: PrivateRedis;

    beforeAll(async () => {
      redis = await runRedis(async ({ port, directory }) => {
        await writeFile(join(directory, 'users.acl'), acl);
        const config = readSource('deploy/redis/redis.conf')
          .replace('/etc/redis/users.acl', join(directory, 'users.acl'))
          .replace(/^port 6379$/m, `port ${String(port)}`);
        await writeFile(join(directory, 'redis.conf'), `${config}\ndir ${directory}\n`);
        return [join(directory, 'redis.conf')];
      });
    });
    afterAll(() => redis.stop());

    describeRedisStores((keyPrefix) => new RedisConnection({ url: asApp(redis.url), keyPrefix }));

    it('lets the app tail a stream', async () => {
      const connection = new RedisConnection({ url: asApp(redis.url) });
      await connection.open();
      const key = '{sallyport:rev}:stream';
      await connection.run((client) => client.xadd(key, '*', 'a', '1'));
      const tail = connection.blockingFor(key);
      const read = await tail.run((client) => client.xread('BLOCK', 1, 'STREAMS', key, '0'), 1);
      expect(JSON.stringify(read)).toContain('["a","1"]');
      connection.close();
    });

    it.each([
      ['GET', 'of-another-app'],
      ['FLUSHALL'],
      ['KEYS', '*'],
      ['CONFIG', 'GET', '*'],
      ['SCRIPT', 'FLUSH'],
      ['FUNCTION', 'FLUSH'],
      ['ACL', 'LIST'],
      ['CLUSTER', 'RESET'],
      ['PUBLISH', 'a', 'b'],
      ['EVAL', "return redis.call('GET', KEYS[1])", '1', 'of-another-app'],
    ])('does not let the app do %s %s', async (name, ...rest) => {
      const client = new Redis(asApp(redis.url), { retryStrategy: () => null });
      await expect(client.call(name, ...rest)).rejects.toThrow(/NOPERM|No permissions|ACL failure/);
      client.disconnect();
    });

    it('lets nobody in without a password', async () => {
      const anonymous = new Redis(redis.url, { retryStrategy: () => null });
      anonymous.on('error', () => undefined);
      await expect(anonymous.get('sallyport:x')).rejects.toThrow();
      anonymous.disconnect();
    });
  });

  describe('A Cluster with the user of deploy/redis [C16]', () => {
    let redis: RedisCluster;
    beforeAll(async () => {
      redis = await startRedisCluster();
      const [, rights = ''] = /^user sallyport (.+)$/m.exec(acl) ?? [];
      for (const { operator } of redis.nodes) {
        await operator.call('ACL', 'SETUSER', 'sallyport', ...rights.split(' '));
      }
    });
    afterAll(() => redis.stop());

    it('lets the app in, and follow a failover', async () => {
      const connection = new RedisConnection({ url: asApp(redis.url) });
      await connection.open();
      expect(await connection.ping()).toBe(true);
      const write = () => connection.run((client) => client.set('sallyport:{a}', '1', 'EX', 60));
      expect(await write()).toBe('OK');
      await redis.failover('sallyport:{a}');
      let answer: unknown = null;
      for (let n = 0; n < 100 && answer !== 'OK'; n++) answer = await write().catch(() => null);
      expect(answer).toBe('OK');
      for (const { operator } of redis.nodes) expect(await operator.call('ACL', 'LOG')).toEqual([]);
      connection.close();
    });
  });

  it('deploy/redis does not start before a password was chosen [C16]', async () => {
    const start = runRedis(async ({ port, directory }) => {
      await writeFile(join(directory, 'users.acl'), readSource('deploy/redis/users.acl'));
      return ['--port', String(port), '--aclfile', join(directory, 'users.acl')];
    });
    await expect(start).rejects.toThrow(/did not start[^]*users\.acl/);
  });
} else {
  it('needs a redis-server binary, which this run does not cover', () => {
    expect(process.env.TEST_STORES).not.toBe('all');
  });
}
