import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { canStartRedis } from '../../../../../test/support/redis.js';
import { startRedisCluster, type RedisCluster } from '../../../../../test/support/redis-cluster.js';
import { RedisConnection } from './redis-connection.js';
import { RedisScript } from './redis-script.js';
import { inTime, soon } from '../../../../../test/support/stopwatch.js';

/** Until the nodes of the tests have agreed on another master. */
const FAILOVER_MS = 8000;

if (canStartRedis) {
  describe('RedisConnection to a Cluster', () => {
    let redis: RedisCluster;
    let connection: RedisConnection;

    beforeEach(async () => {
      redis = await startRedisCluster();
      connection = new RedisConnection({ url: redis.url });
      await connection.open();
    });
    afterEach(async () => {
      connection.close();
      await redis.stop();
    });

    const write = (key: string, value = '1') =>
      connection.run((client) => client.set(key, value, 'EX', 60));
    const read = (key: string) => connection.run((client) => client.get(key));
    const comesBack = async (call: () => Promise<unknown>): Promise<void> => {
      const isBack = () =>
        call().then(
          (answer) => answer !== false,
          () => false,
        );
      await soon(FAILOVER_MS, () => inTime(1200, isBack));
    };

    it('takes the same as a list of nodes, of which one is enough', async () => {
      const [first] = redis.nodes;
      const other = new RedisConnection({ cluster: ['redis://127.0.0.1:1', first?.url ?? ''] });
      await other.open();
      for (let n = 0; n < 100 && !(await other.ping()); n++) await sleep(20);
      expect(await other.ping()).toBe(true);
      other.close();
    });

    it('is another incarnation no later than the first answer of a new master', async () => {
      await write('{a}');
      await sleep(1000); // nodes are met one after the other
      const { incarnation } = connection;
      await read('{a}');
      expect(connection.incarnation).toBe(incarnation);
      await redis.failover('{a}');
      const values = await Promise.all([read('{a}'), read('{a}')]);
      expect(values).toEqual(['1', '1']);
      expect(connection.incarnation).toBeGreaterThan(incarnation);
    });

    it.each(['dead', 'frozen'] as const)(
      'a node that is %s costs its own keys alone, until its replica has taken over',
      async (how) => {
        await Promise.all(['{a}', '{b}', '{c}', '{d}'].map((key) => write(key)));
        const { master } = await redis.ownersOf('{a}');
        const { incarnation } = connection;
        if (how === 'dead') await master.kill();
        else master.freeze(true);
        await comesBack(() => write('{a}', '2'));
        expect(await read('{a}')).toBe('2');
        expect(connection.incarnation).toBeGreaterThan(incarnation);
        await comesBack(() => write('{b}', '2'));
        await comesBack(() => connection.ping());
        if (how === 'dead') await master.start();
        else master.freeze(false);
        await sleep(1500);
        expect(await read('{a}')).toBe('2');
      },
    );

    it('comes back when all nodes were away', async () => {
      await write('{a}');
      for (const node of redis.nodes) node.freeze(true);
      await inTime(1000, () =>
        expect(read('{a}')).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' }),
      );
      await sleep(1500);
      for (const node of redis.nodes) node.freeze(false);
      await comesBack(() => read('{a}'));
    });

    it('follows a slot that moves while it is in use, and loses no write', async () => {
      const { master: from } = await redis.ownersOf('{a}');
      const to = (await redis.masters()).find((node) => node !== from);
      if (to === undefined) throw new Error('no other master');
      const slot = await from.operator.cluster('KEYSLOT', '{a}');
      const ids = [await from.operator.cluster('MYID'), await to.operator.cluster('MYID')];
      const keys = Array.from({ length: 50 }, (_, n) => `{a}:${String(n)}`);
      for (const key of keys) await write(key);

      await to.operator.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', String(ids[0]));
      await from.operator.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', String(ids[1]));
      for (const key of keys.slice(0, 25)) {
        await from.operator.call('MIGRATE', '127.0.0.1', to.port, key, 0, 1000);
      }
      for (const key of keys) expect(await write(key, '2')).toBe('OK');
      const script = new RedisScript(`return redis.call('INCR', KEYS[1])`);
      const count = (key: string) => connection.run((client) => script.run(client, [key], []));
      expect(await count('{a}:1')).toBe(3);
      for (const key of keys.slice(25)) {
        await from.operator.call('MIGRATE', '127.0.0.1', to.port, key, 0, 1000);
      }
      for (const { operator } of [to, from]) {
        await operator.call('CLUSTER', 'SETSLOT', slot, 'NODE', String(ids[1]));
      }
      expect(await count('{a}:1')).toBe(4);
      expect(await count('{a}:49')).toBe(3);
    });

    it('sends a script in full to a node that does not know it', async () => {
      const script = new RedisScript(`return redis.call('INCR', KEYS[1])`);
      let counted: unknown;
      const count = (key: string) =>
        comesBack(async () => {
          counted = await connection.run((client) => script.run(client, [key], []));
        });
      for (const key of ['{a}', '{b}', '{c}', '{d}']) {
        await count(key);
        await redis.failover(key);
        await count(key);
        expect(counted).toBe(2);
      }
    });

    it('reads a stream at the node that has it, before and after a failover', async () => {
      const tail = connection.blockingFor('{a}:stream');
      const listen = () =>
        tail.run((client) => client.xread('BLOCK', 3000, 'STREAMS', '{a}:stream', '$'), 3000);
      const isWaiting = async (): Promise<boolean> => {
        const { master } = await redis.ownersOf('{a}:stream');
        return (await master.operator.info('clients')).includes('blocked_clients:1');
      };
      const add = () => connection.run((client) => client.xadd('{a}:stream', '*', 'a', '1'));
      const heard = listen();
      await soon(2000, isWaiting);
      await add();
      expect(JSON.stringify(await heard)).toContain('["a","1"]');
      const cut = listen();
      const lost = expect(cut).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
      await soon(2000, isWaiting);
      await redis.failover('{a}');
      await lost;
      await add();
      await comesBack(() => tail.run((client) => client.exists('{a}:stream'), 0));
      const again = listen();
      await soon(2000, isWaiting);
      await add();
      expect(JSON.stringify(await again)).toContain('["a","1"]');
    });

    it('does not start while one master evicts', async () => {
      const { master } = await redis.ownersOf('{a}');
      await master.operator.config('SET', 'maxmemory-policy', 'allkeys-lru');
      const other = new RedisConnection({ url: redis.url });
      await expect(other.open()).rejects.toMatchObject({ code: 'ERR_OPTIONS_INVALID' });
    });

    it('stops using a Cluster whose new master evicts', async () => {
      const { replica } = await redis.ownersOf('{a}');
      await replica.operator.config('SET', 'maxmemory-policy', 'allkeys-lru');
      const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
      await redis.failover('{a}');
      await read('{a}').catch(() => undefined);
      for (let n = 0; n < 200 && (await connection.ping()); n++) await sleep(20);
      expect(await connection.ping()).toBe(false);
      expect(String(error.mock.calls[0]?.[0])).toContain('noeviction');
      error.mockRestore();
    });
  });
} else {
  it('needs a redis-server binary, which this run does not cover', () => {
    expect(process.env.TEST_STORES).not.toBe('all');
  });
}
