import { setTimeout as sleep } from 'node:timers/promises';
import { canStartRedis } from '../../../../../test/support/redis.js';
import {
  startWatchedRedis,
  type WatchedRedis,
} from '../../../../../test/support/redis-sentinel.js';
import { RedisConnection } from './redis-connection.js';
import { inTime, soon } from '../../../../../test/support/stopwatch.js';

/** Until the Sentinels of the tests have decided and everybody has heard it. */
const FAILOVER_MS = 8000;

if (canStartRedis) {
  describe('RedisConnection to a master that Sentinels watch', () => {
    let redis: WatchedRedis;
    let connection: RedisConnection;
    const password = 'only-for-this-test';

    beforeAll(async () => {
      redis = await startWatchedRedis(password);
    });
    afterAll(() => redis.stop());
    beforeEach(async () => {
      connection = new RedisConnection({ url: redis.url });
      await connection.open();
      await back();
    });
    afterEach(() => {
      connection.close();
    });

    const back = async (): Promise<void> => {
      await soon(FAILOVER_MS, () => connection.ping());
    };
    const write = (value: string) =>
      connection.run((client) => client.set('sallyport:a', value, 'EX', 60));
    const read = () => connection.run((client) => client.get('sallyport:a'));

    it('takes the same as a list of Sentinels and a name', async () => {
      const sentinels = redis.sentinels.map(({ url }) => url);
      const other = new RedisConnection({ sentinels, name: 'main', password });
      await other.open();
      expect(await other.ping()).toBe(true);
      other.close();
    });

    it('is led to the new master after a failover, as another incarnation', async () => {
      await write('before');
      const tail = connection.blockingFor('sallyport:a');
      await tail.run((client) => client.ping(), 0);
      const { incarnation } = connection;
      await redis.failover();
      await back();
      expect(connection.incarnation).toBeGreaterThan(incarnation);
      expect(await write('after')).toBe('OK');
      await tail.run((client) => client.ping(), 0).catch(() => undefined);
      expect(await tail.run((client) => client.set('sallyport:a', 'tail', 'EX', 60), 0)).toBe('OK');
      expect(await read()).toBe('tail');
    });

    it.each(['frozen', 'dead'] as const)('leaves a master that is %s', async (how) => {
      const old = await redis.master();
      if (how === 'dead') await old.kill();
      else old.freeze(true);
      expect(await inTime(1000, () => connection.ping())).toBe(false);
      await redis.replaced(old);
      await back();
      expect(await write('new')).toBe('OK');
      if (how === 'dead') await old.start();
      else old.freeze(false);
      await sleep(1500);
      expect(await write('newer')).toBe('OK');
    });

    it('goes on while all Sentinels are away, and starts without them', async () => {
      for (const sentinel of redis.sentinels) sentinel.freeze(true);
      expect(await connection.ping()).toBe(true);
      const late = new RedisConnection({ url: redis.url });
      await inTime(2500, () => late.open());
      expect(await late.ping()).toBe(false);
      for (const sentinel of redis.sentinels) sentinel.freeze(false);
      for (let n = 0; n < 400 && !(await late.ping()); n++) await sleep(20);
      expect(await late.ping()).toBe(true);
      late.close();
    });
  });
} else {
  it('needs a redis-server binary, which this run does not cover', () => {
    expect(process.env.TEST_STORES).not.toBe('all');
  });
}
