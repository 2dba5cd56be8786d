import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { canStartRedis, startRedis, type PrivateRedis } from '../../../../../test/support/redis.js';
import { EphemeralRecordStore } from '../../ephemeral/ephemeral-record.store.js';
import { ReplayStore } from '../../ephemeral/replay.store.js';
import { RateLimitStore } from '../../throttling/rate-limit.store.js';
import { RevocationList } from '../../revocation/revocation.list.js';
import { RedisConnection } from './redis-connection.js';
import { RedisStoresModule } from './redis-stores.module.js';
import { RedisThrottlerStorage } from './redis-throttler.storage.js';
import { inTime } from '../../../../../test/support/stopwatch.js';

describe('RedisConnection', () => {
  it.each(['', 'localhost:6379', 'http://u:hunter2@h', 'redis://h:99999999'])(
    'refuses %j as a URL without repeating it',
    (url) => {
      const connect = (): RedisConnection => new RedisConnection({ url });
      expect(connect).toThrow(expect.objectContaining({ code: 'ERR_OPTIONS_INVALID' }));
      expect(connect).not.toThrow(/hunter2/);
    },
  );

  it.each(['', 'a{b}', 'a b'])('refuses the key prefix %j', (keyPrefix) => {
    expect(() => new RedisConnection({ url: 'redis://localhost', keyPrefix })).toThrow(/keyPrefix/);
  });

  it('warns of a URL that crosses a network without TLS, by host alone', () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    new RedisConnection({ url: 'redis://u:hunter2@redis.example' });
    new RedisConnection({ url: 'rediss://u:hunter2@redis.example' });
    new RedisConnection({ url: 'redis://[::1]' });
    new RedisConnection({ url: 'redis+sentinel://u:hunter2@10.0.0.1,localhost,10.0.0.2/main' });
    const warnings = warn.mock.calls.map((call) => String(call[0]));
    warn.mockRestore();
    expect(warnings).toEqual([
      'Redis at redis.example is reached without TLS: use rediss://',
      'Redis at 10.0.0.1, 10.0.0.2 is reached without TLS: use rediss://',
    ]);
  });

  it('warns of a Redis on a network that asks for no password, or whose default user is used [C15]', () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    new RedisConnection({ url: 'rediss://redis.example' });
    new RedisConnection({ cluster: ['rediss://:hunter2@redis.example', 'rediss://:hunter2@b'] });
    new RedisConnection({ url: 'redis://127.0.0.1' });
    const warnings = warn.mock.calls.map((call) => String(call[0]));
    warn.mockRestore();
    expect(warnings).toEqual([
      expect.stringContaining('Redis at redis.example lets in whoever reaches it'),
      expect.stringContaining('Redis at redis.example, b is used as its default user'),
    ]);
  });

  it('starts without Redis, and answers at once that it is away', async () => {
    const app = await inTime(2000, async () => {
      const module = await Test.createTestingModule({
        imports: [RedisStoresModule.forRoot({ url: 'redis://127.0.0.1:1' })],
      }).compile();
      return module.createNestApplication({ logger: false }).init();
    });
    expect(await app.get(RedisConnection).ping()).toBe(false);
    expect(await app.get(RevocationList).check(['a'])).toBeNull();
    await expect(app.get(RateLimitStore).consume([])).rejects.toMatchObject({
      code: 'ERR_STORE_UNAVAILABLE',
      context: { retryAfterSeconds: 1 },
    });
    for (const call of [
      app.get(ReplayStore).claim('assertion', 'id', 60),
      app.get(EphemeralRecordStore).get('interaction', 'id'),
    ]) {
      await expect(call).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
    }
    await app.close();
  });
});

if (canStartRedis) {
  describe('RedisConnection on a Redis of its own', () => {
    let redis: PrivateRedis;
    const opened: { close(): unknown }[] = [];
    const connect = (url = redis.url): RedisConnection => {
      const connection = new RedisConnection({ url });
      opened.push(connection);
      return connection;
    };

    afterEach(async () => {
      for (const connection of opened.splice(0)) await connection.close();
      await redis.stop();
    });

    async function until(condition: () => Promise<boolean>): Promise<boolean> {
      for (let n = 0; n < 150; n++) {
        if (await condition()) return true;
        await sleep(20);
      }
      return false;
    }

    it('fails the start on a Redis that evicts, and says what to do', async () => {
      redis = await startRedis('--maxmemory-policy', 'allkeys-lru');
      await expect(connect().open()).rejects.toMatchObject({
        code: 'ERR_OPTIONS_INVALID',
        message: expect.stringContaining('CONFIG SET maxmemory-policy noeviction') as string,
      });
    });

    it('reads the policy from INFO where an ACL forbids CONFIG', async () => {
      redis = await startRedis();
      const operator = new Redis(redis.url);
      await operator.call('ACL', 'SETUSER', 'app', 'on', '>pw', '~*', '+@all', '-config');
      const url = redis.url.replace('//', '//app:pw@');
      const connection = connect(url);
      await connection.open();
      expect(await connection.ping()).toBe(true);
      connection.close();
      await operator.config('SET', 'maxmemory-policy', 'volatile-ttl');
      operator.disconnect();
      await expect(connect(url).open()).rejects.toMatchObject({ code: 'ERR_OPTIONS_INVALID' });
    });

    it('does not use a Redis that turns out to evict when it comes up later', async () => {
      redis = await startRedis('--maxmemory-policy', 'allkeys-lru');
      await redis.kill();
      const connection = connect();
      await connection.open();
      await redis.start();
      const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
      await until(() => Promise.resolve(error.mock.calls.length > 0));
      expect(String(error.mock.calls[0]?.[0])).toContain('noeviction');
      error.mockRestore();
      expect(await connection.ping()).toBe(false);
    });

    it('comes back by itself', async () => {
      redis = await startRedis();
      const connection = connect();
      await connection.open();
      const { incarnation } = connection;
      await redis.kill();
      expect(await until(async () => !(await connection.ping()))).toBe(true);
      await redis.start();
      expect(await until(() => connection.ping())).toBe(true);
      expect(connection.incarnation).toBeGreaterThan(incarnation);
    });

    it('a wrong password counts as out of reach and shows up nowhere', async () => {
      redis = await startRedis('--requirepass', 'right-horse');
      const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
      const connection = connect(redis.url.replace('//', '//:hunter2@'));
      await connection.open();
      const failure = await connection.run((client) => client.get('a')).catch((e: unknown) => e);
      const logged = JSON.stringify([warn.mock.calls, failure, String(failure)]);
      warn.mockRestore();
      expect(failure).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
      expect(logged).not.toContain('hunter2');
      expect(await connection.ping()).toBe(false);
    });

    it('uses a client of the host app, and leaves it open', async () => {
      redis = await startRedis();
      const client = new Redis(redis.url);
      const connection = new RedisConnection({ client });
      await connection.open();
      expect(await connection.ping()).toBe(true);
      connection.close();
      expect(await client.ping()).toBe('PONG');
      client.disconnect();
    });

    it('an answer that does not come counts as none, also with a client of the host app', async () => {
      redis = await startRedis();
      const client = new Redis(redis.url);
      opened.push({ close: () => client.disconnect() });
      const connection = new RedisConnection({ client });
      await connection.open();
      redis.freeze(true);
      expect(await inTime(1000, () => connection.ping())).toBe(false);
      redis.freeze(false);
    });

    it('the module closes its connection with the application', async () => {
      redis = await startRedis();
      const module = await Test.createTestingModule({
        imports: [RedisStoresModule.forRoot({ url: redis.url })],
      }).compile();
      const app = await module.createNestApplication({ logger: false }).init();
      expect(await app.get(RedisConnection).ping()).toBe(true);
      expect(app.get(RedisThrottlerStorage)).toBeInstanceOf(RedisThrottlerStorage);
      await app.close();
      const operator = new Redis(redis.url);
      opened.push({ close: () => operator.disconnect() });
      const alone = async (): Promise<boolean> =>
        String(await operator.client('LIST'))
          .trim()
          .split('\n').length === 1;
      expect(await until(alone)).toBe(true);
    });
  });
}
