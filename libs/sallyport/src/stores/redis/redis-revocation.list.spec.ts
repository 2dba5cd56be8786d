import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster, Redis } from 'ioredis';
import {
  canStartRedis,
  dropPrefix,
  ownPrefix,
  sharedRedisUrl,
  startClusterNode,
  startRedis,
  type PrivateRedis,
} from '../../../../../test/support/redis.js';
import { SystemClock } from '../../clock.js';
import { SystemRandomness } from '../../randomness.js';
import { describeRevocationList, pagesOf } from '../../revocation/revocation.list.contract.js';
import type { ListedRevocation } from '../../revocation/revocation.list.js';
import { RedisConnection } from './redis-connection.js';
import { RedisRateLimitStore } from './redis-rate-limit.store.js';
import { RedisRevocationList } from './redis-revocation.list.js';
import { inTime, quickest } from '../../../../../test/support/stopwatch.js';

const listOn = (connection: RedisConnection): RedisRevocationList =>
  new RedisRevocationList(connection, new SystemRandomness(), new SystemClock());

if (sharedRedisUrl !== undefined) {
  const url = sharedRedisUrl;
  describe('RedisRevocationList', () => {
    const opened: RedisConnection[] = [];
    const prefixes: string[] = [];
    afterAll(async () => {
      for (const connection of opened) connection.close();
      for (const prefix of prefixes) await dropPrefix(url, prefix);
    });

    const open = async (keyPrefix: string): Promise<RedisRevocationList> => {
      const connection = new RedisConnection({ url, keyPrefix });
      opened.push(connection);
      await connection.open();
      return listOn(connection);
    };

    describeRevocationList(async () => {
      const prefix = ownPrefix();
      prefixes.push(prefix);
      const lists = [await open(prefix), await open(prefix)] as const;
      return { lists, wait: (seconds) => sleep(seconds * 1000) };
    });

    it('every key it writes has a time to live, and none shows whom it names [T8]', async () => {
      const prefix = ownPrefix();
      prefixes.push(prefix);
      const list = await open(prefix);
      await list.rebuild(pagesOf([{ key: 'alice', epoch: 1, revokedAt: new Date() }]), 60);
      await list.publish([{ key: 'bob', epoch: 1, revokedAt: null }], 60);
      const probe = new Redis(url);
      const keys = await probe.keys(`*${prefix}:*`);
      const lives = await Promise.all(keys.map((key) => probe.pttl(key)));
      await probe.quit();
      expect(keys).toHaveLength(3);
      expect(Math.min(...lives)).toBeGreaterThan(50_000);
      expect(keys.join(' ')).not.toMatch(/alice|bob/);
    });
  });
}

if (canStartRedis) {
  describe('RedisRevocationList on a Redis that fails', () => {
    let redis: PrivateRedis;
    let connection: RedisConnection;
    let list: RedisRevocationList;

    const revoked: ListedRevocation = { key: 'revoked', epoch: 1, revokedAt: null };

    async function begin(...settings: string[]): Promise<void> {
      redis = await startRedis(...settings);
      connection = new RedisConnection({ url: redis.url });
      await connection.open();
      list = listOn(connection);
      await list.rebuild(pagesOf([revoked]), 600);
      expect(await list.check(['revoked'])).toEqual([{ epoch: 1, revokedAt: null }]);
    }

    afterEach(async () => {
      connection.close();
      await redis.stop();
    });

    /** A command of an operator, past our connection. */
    async function operator(command: (client: Redis) => Promise<unknown>): Promise<void> {
      const client = new Redis(redis.url);
      await command(client);
      client.disconnect();
    }

    async function reconnected(): Promise<void> {
      for (let n = 0; n < 200 && !(await connection.ping()); n++) await sleep(20);
    }

    it('a check costs one command', async () => {
      await begin();
      const processed = async (): Promise<number> => {
        let total = 0;
        await operator(async (client) => {
          const stats = await client.info('stats');
          total = Number(/total_commands_processed:(\d+)/.exec(stats)?.[1]);
        });
        return total;
      };
      const before = await processed();
      const ofTheProbe = (await processed()) - before;
      const start = await processed();
      for (let n = 0; n < 100; n++) await list.check(['revoked', 'other']);
      expect((await processed()) - start - ofTheProbe).toBe(100);
    });

    it('a flushed list vouches for nothing until it was rebuilt', async () => {
      await begin();
      await operator((client) => client.flushall());
      expect(await list.check(['revoked'])).toBeNull();
      await list.rebuild(pagesOf([revoked]), 600);
      expect(await list.check(['revoked'])).toEqual([{ epoch: 1, revokedAt: null }]);
    });

    it('a flush in the middle of a rebuild leaves the list untrusted', async () => {
      await begin();
      await operator((client) => client.flushall());
      const pages = async function* (): AsyncGenerator<readonly ListedRevocation[]> {
        yield [revoked];
        await operator((client) => client.flushall());
        yield [];
      };
      await list.rebuild(pages, 600);
      expect(await list.check(['revoked'])).toBeNull();
    });

    it('a flush after the last page leaves the list untrusted, even if another rebuild began', async () => {
      await begin();
      await operator((client) => client.flushall());
      let release: () => void = () => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      const pages = async function* (): AsyncGenerator<readonly ListedRevocation[]> {
        yield await Promise.resolve([revoked]);
        await operator((client) => client.flushall());
        void listOn(connection).rebuild(async function* () {
          await held;
          yield [revoked];
        }, 600);
        await sleep(50);
      };
      await list.rebuild(pages, 600);
      expect(await list.check(['revoked'])).toBeNull();
      release();
      for (let n = 0; n < 100 && (await list.check([])) === null; n++) await sleep(10);
      expect(await list.check(['revoked'])).toEqual([{ epoch: 1, revokedAt: null }]);
    });

    it('of several instances that rebuild at once, one reads the database', async () => {
      await begin();
      await operator((client) => client.flushall());
      let read = 0;
      const pages = async function* (): AsyncGenerator<readonly ListedRevocation[]> {
        read++;
        await sleep(50);
        yield [revoked];
      };
      await Promise.all(Array.from({ length: 10 }, () => listOn(connection).rebuild(pages, 600)));
      expect(read).toBe(1);
      expect(await list.check(['revoked'])).toEqual([{ epoch: 1, revokedAt: null }]);
    });

    it('a Redis restarted from its snapshot does not vouch, though the marker is there', async () => {
      await begin();
      await operator((client) => client.save());
      await list.publish([{ key: 'later', epoch: 1, revokedAt: null }], 600);
      await redis.kill();
      await redis.start();
      await reconnected();
      let marker: string | null = null;
      await operator(async (client) => (marker = await client.get('{sallyport:rev}:whole')));
      expect(marker).not.toBeNull();
      expect(await list.check(['later'])).toBeNull();
      await list.rebuild(pagesOf([revoked, { key: 'later', epoch: 1, revokedAt: null }]), 600);
      expect(await list.check(['later'])).toEqual([{ epoch: 1, revokedAt: null }]);
    });

    it('a replica that took over does not vouch for what it copied', async () => {
      await begin('--repl-diskless-sync-delay', '0');
      const replica = await startRedis('--replicaof', '127.0.0.1', `${redis.port}`);
      const other = new RedisConnection({ url: replica.url });
      try {
        const client = new Redis(replica.url);
        for (let n = 0; n < 200 && (await client.dbsize()) < 2; n++) await sleep(25);
        await client.replicaof('NO', 'ONE');
        client.disconnect();
        await other.open();
        expect(await listOn(other).check(['revoked'])).toBeNull();
      } finally {
        other.close();
        await replica.stop();
      }
    });

    it('while Redis is down it says so at once, and publishing fails', async () => {
      await begin();
      await redis.kill();
      await sleep(50);
      const took = await quickest(async () => {
        expect(await list.check(['revoked'])).toBeNull();
      });
      expect(took).toBeLessThan(50);
      await expect(list.publish([revoked], 600)).rejects.toMatchObject({
        code: 'ERR_STORE_UNAVAILABLE',
      });
    });

    it('a Redis that hangs costs the first request its timeout and the next ones nothing', async () => {
      await begin();
      redis.freeze(true);
      expect(await inTime(1000, () => list.check(['revoked']))).toBeNull();
      const next = await quickest(async () => {
        expect(await list.check(['revoked'])).toBeNull();
      });
      expect(next).toBeLessThan(50);
      redis.freeze(false);
      await reconnected();
      expect(await list.check(['revoked'])).toEqual([{ epoch: 1, revokedAt: null }]);
    });

    it('works on a Cluster, where all keys of a call share a slot [W9]', async () => {
      await begin();
      const node = await startClusterNode();
      const operator = new Redis(node.url);
      await operator.cluster('ADDSLOTSRANGE', 0, 16383);
      const cluster = new Cluster([{ host: '127.0.0.1', port: node.port }]);
      try {
        for (let n = 0; n < 200 && !(await operator.cluster('INFO')).includes('state:ok'); n++) {
          await sleep(25);
        }
        const clustered = new RedisConnection({ client: cluster });
        await clustered.open();
        const onCluster = listOn(clustered);
        await onCluster.rebuild(pagesOf([revoked]), 600);
        expect(await onCluster.check(['revoked', 'other'])).toEqual([
          { epoch: 1, revokedAt: null },
          null,
        ]);
        await operator.flushall();
        expect(await onCluster.check(['revoked'])).toBeNull();
        const demand = { group: 'g', limit: 1, windowSeconds: 60 };
        const states = await new RedisRateLimitStore(clustered).consume([
          { ...demand, policy: 'client', tracker: 'a' },
          { ...demand, policy: 'user', tracker: 'b' },
        ]);
        expect(states.map(({ allowed }) => allowed)).toEqual([true, true]);
      } finally {
        cluster.disconnect();
        operator.disconnect();
        await node.stop();
      }
    });
  });
}

describe('RedisRevocationList without Redis', () => {
  it('vouches for nothing, and a rebuild fails before it reads the database', async () => {
    const connection = new RedisConnection({ url: 'redis://127.0.0.1:1' });
    await connection.open();
    const list = listOn(connection);
    const pages = (): never => {
      throw new TypeError('the database was read');
    };
    expect(await list.check(['a'])).toBeNull();
    await expect(list.rebuild(pages, 60)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
    connection.close();
  });
});
