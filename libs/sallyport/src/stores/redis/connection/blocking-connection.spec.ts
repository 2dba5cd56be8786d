import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import {
  canStartRedis,
  startRedis,
  type PrivateRedis,
} from '../../../../../../test/support/redis.js';
import { RedisConnection } from '../redis-connection.js';
import type { BlockingRedisConnection } from './blocking-connection.js';
import { inTime } from '../../../../../../test/support/stopwatch.js';

if (canStartRedis) {
  describe('A connection for commands that wait', () => {
    let redis: PrivateRedis;
    let connection: RedisConnection;
    let tail: BlockingRedisConnection;
    let writer: Redis;

    beforeEach(async () => {
      redis = await startRedis();
      connection = new RedisConnection({ url: redis.url });
      await connection.open();
      tail = connection.blockingFor('{a}:stream');
      writer = new Redis(redis.url);
      writer.on('error', () => undefined);
    });
    afterEach(async () => {
      writer.disconnect();
      connection.close();
      await redis.stop();
    });

    const read = (milliseconds: number, from = '$') =>
      tail.run(
        (client) => client.xread('BLOCK', milliseconds, 'STREAMS', '{a}:stream', from),
        milliseconds,
      );

    it('waits longer than a command may take, and hears what is written meanwhile', async () => {
      const heard = read(5000);
      await sleep(700);
      await writer.xadd('{a}:stream', '*', 'a', '1');
      expect(JSON.stringify(await heard)).toContain('["a","1"]');
      expect(await read(1)).toBeNull();
      expect(tail.incarnation).toBe(1);
    });

    it('lets other commands pass', async () => {
      const order: string[] = [];
      const waiting = read(1000).then(() => order.push('read'));
      expect(await connection.ping()).toBe(true);
      order.push('ping');
      await waiting;
      expect(order).toEqual(['ping', 'read']);
    });

    it('an answer half a second late is none, and the next call is another life', async () => {
      await read(1);
      redis.freeze(true);
      await inTime(1200, () =>
        expect(read(200)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' }),
      );
      await expect(read(200)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
      redis.freeze(false);
      await writer.xadd('{a}:stream', '*', 'a', '1');
      expect(JSON.stringify(await read(200, '0'))).toContain('["a","1"]');
      expect(tail.incarnation).toBe(3);
    });

    it('fails when the server goes, and reaches the one that stands in its place', async () => {
      const waiting = read(5000);
      const lost = expect(waiting).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
      await sleep(100);
      await redis.kill();
      await lost;
      await expect(read(1)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
      await redis.start();
      expect(await read(1)).toBeNull();
    });

    it.each(['by itself', 'with the connection'] as const)('ends %s', async (how) => {
      const lost = expect(read(5000)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
      await sleep(100);
      if (how === 'by itself') tail.close();
      else connection.close();
      await lost;
      await expect(read(1)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
      const clients = String(await writer.client('LIST')).trim();
      expect(clients).not.toContain('cmd=xread');
    });
  });
} else {
  it('needs a redis-server binary, which this run does not cover', () => {
    expect(process.env.TEST_STORES).not.toBe('all');
  });
}
