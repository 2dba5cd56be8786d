import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { canStartRedis, startRedis, type PrivateRedis } from '../../../../../test/support/redis.js';
import { startTcpProxy, type TcpProxy } from '../../../../../test/support/tcp-proxy.js';
import { SystemClock } from '../../clock.js';
import { SystemRandomness } from '../../randomness.js';
import type { RevocationNotice } from '../../revocation/revocation-notice.js';
import { RedisConnection } from './redis-connection.js';
import { RedisRevocationList } from './redis-revocation.list.js';
import { noticesIn, textOfNotices } from './revocation-notice-text.js';

const notice = (epoch: number): RevocationNotice => ({
  kind: 'token',
  digest: Buffer.alloc(16, epoch),
  epoch,
  revokedAt: 1_893_456_000_123,
  changedAt: 1_893_456_000_124,
});

describe('Notices as text', () => {
  it('are what they were, and say nothing that identifies anyone', () => {
    const notices = [notice(1), { ...notice(2), kind: 'user' as const, revokedAt: 0 }];
    expect(noticesIn(textOfNotices(notices))).toEqual(notices);
    expect(noticesIn('')).toEqual([]);
  });

  it.each([
    'x',
    't.AA.1.1.1',
    'Z.AAAAAAAAAAAAAAAAAAAAAA.1.1.1',
    't.AAAAAAAAAAAAAAAAAAAAAA.!.1.1',
    ',',
  ])('are not read as something else: %s', (text) => {
    expect(noticesIn(text)).toBeNull();
  });
});

if (canStartRedis) {
  describe('A tail of the stream', () => {
    let redis: PrivateRedis;
    let wire: TcpProxy;
    let connections: RedisConnection[];
    let there: RedisRevocationList;
    let heard: number[];
    let missed: number;
    let stop: () => void;

    const listOn = async (url: string): Promise<RedisRevocationList> => {
      const connection = new RedisConnection({ url });
      connections.push(connection);
      await connection.open();
      return new RedisRevocationList(connection, new SystemRandomness(), new SystemClock());
    };
    const until = async (isTrue: () => boolean): Promise<void> => {
      for (let tries = 0; tries < 400 && !isTrue(); tries++) await sleep(10);
      expect(isTrue()).toBe(true);
    };
    const publish = (epoch: number) => there.publish([], 60, [notice(epoch)]);
    const operator = async (command: (client: Redis) => Promise<unknown>): Promise<void> => {
      const client = new Redis(redis.url);
      await command(client);
      client.disconnect();
    };

    beforeEach(async () => {
      redis = await startRedis();
      wire = await startTcpProxy(redis.url);
      connections = [];
      there = await listOn(redis.url);
      const here = await listOn(wire.url);
      heard = [];
      missed = 0;
      stop = here.follow({
        heard: (notices) => heard.push(...notices.map(({ epoch }) => epoch)),
        missed: () => missed++,
        lost: () => undefined,
      });
      await until(() => missed === 1);
    });
    afterEach(async () => {
      stop();
      for (const connection of connections) connection.close();
      await wire.close();
      await redis.stop();
    });

    it('hears what is published, and misses nothing while all is well', async () => {
      for (const epoch of [1, 2, 3]) await publish(epoch);
      await until(() => heard.length === 3);
      await sleep(1200); // longer than it waits at a time
      await publish(4);
      await until(() => heard.length === 4);
      expect(missed).toBe(1);
    });

    it('notices that the stream was flushed, and goes on with the new one [C65]', async () => {
      await publish(1);
      await until(() => heard.length === 1);
      await operator((client) => client.flushall());
      await publish(2);
      await until(() => heard.includes(2));
      expect(missed).toBe(2);
    });

    it('notices that it was trimmed past it', async () => {
      await publish(1);
      await until(() => heard.length === 1);
      wire.block();
      for (const epoch of [2, 3, 4]) await publish(epoch);
      await operator((client) => client.xtrim('{sallyport:rev}:stream', 'MAXLEN', '1'));
      wire.mend();
      await until(() => missed === 2);
      await publish(5);
      await until(() => heard.includes(5));
    });

    it('notices an id that went back, as on a replica that lags behind', async () => {
      const add = (id: string, before: string, epoch: number) =>
        operator(async (client) => {
          const told = textOfNotices([notice(epoch)]);
          await client.xadd('{sallyport:rev}:stream', id, 'before', before, 'told', told);
        });
      await add('9999999999999-1', '0-0', 5);
      await until(() => heard.includes(5));
      await operator((client) => client.del('{sallyport:rev}:stream'));
      await add('5-1', '0-0', 6);
      await until(() => missed === 2);
      await add('5-2', '5-1', 7);
      await until(() => heard.includes(7));
    });

    it.each(['restarted without its data', 'cut off'])(
      'catches up after it was %s',
      async (how) => {
        await publish(1);
        await until(() => heard.length === 1);
        if (how === 'cut off') wire.cut();
        else await redis.kill();
        await sleep(200);
        if (how === 'cut off') wire.mend();
        else await redis.start();
        await until(() => missed === 2);
        await until(() => heard.length === 1);
        for (let tries = 0; tries < 100 && !heard.includes(2); tries++) {
          await publish(2).catch(() => undefined);
          await sleep(20);
        }
        expect(heard).toContain(2);
      },
    );

    it('does not fall over what it cannot read', async () => {
      await operator(async (client) => {
        await client.xadd('{sallyport:rev}:stream', '*', 'before', '0-0', 'told', 'new.kind');
      });
      await until(() => missed === 2);
      await publish(1);
      await until(() => heard.includes(1));
    });
  });
} else {
  it('needs a redis-server binary, which this run does not cover', () => {
    expect(process.env.TEST_STORES).not.toBe('all');
  });
}
