import { setTimeout as sleep } from 'node:timers/promises';
import { canStartRedis } from '../support/redis.js';
import { startRedisCluster, type RedisCluster } from '../support/redis-cluster.js';
import { startWatchedRedis, type WatchedRedis } from '../support/redis-sentinel.js';
import { createDatabase } from '../support/reference-api.js';
import {
  answersToTheLiving,
  expectPromises,
  openUnderLoad,
  type UnderLoad,
} from '../support/under-load.js';

const databaseUrl = process.env.TEST_DATABASE_URL;
/** Until the others have decided, with the settings of these tests, and everybody heard it. */
const ELECTION_MS = 4000;

interface Fault<Servers> {
  readonly what: string;
  happen(servers: Servers, prefix: string): Promise<void>;
}

const onSentinel: readonly Fault<WatchedRedis>[] = [
  { what: 'is replaced by a replica on purpose', happen: (redis) => redis.failover() },
  {
    what: 'is killed, and a replica takes over',
    async happen(redis) {
      const master = await redis.master();
      await master.kill();
      await redis.replaced(master);
      await master.start();
    },
  },
  {
    what: 'is frozen, a replica takes over, and it wakes up',
    async happen(redis) {
      const master = await redis.master();
      master.freeze(true);
      await redis.replaced(master);
      master.freeze(false);
      await sleep(500);
    },
  },
];

/** The one slot that matters most. */
const blacklist = (prefix: string): string => `{${prefix}:rev}:whole`;

const onCluster: readonly Fault<RedisCluster>[] = [
  {
    what: 'loses the node of the blacklist',
    async happen(redis, prefix) {
      const { master } = await redis.ownersOf(blacklist(prefix));
      await master.kill();
      await sleep(ELECTION_MS);
      await master.start();
    },
  },
  {
    what: 'has the node of the blacklist frozen, which wakes up as a replica',
    async happen(redis, prefix) {
      const { master } = await redis.ownersOf(blacklist(prefix));
      master.freeze(true);
      await sleep(ELECTION_MS);
      master.freeze(false);
    },
  },
  {
    what: 'is failed over, node by node',
    async happen(redis, prefix) {
      for (const key of [blacklist(prefix), '{a}', '{b}', '{c}', '{d}']) {
        await redis.failover(key);
        await sleep(500);
      }
    },
  },
  {
    what: 'is flushed',
    async happen(redis) {
      await redis.flush();
      await sleep(1000);
    },
  },
];

if (databaseUrl !== undefined && canStartRedis) {
  describe.each([
    { name: 'Redis behind Sentinels', start: startWatchedRedis, faults: onSentinel },
    { name: 'a Redis Cluster', start: startRedisCluster, faults: onCluster },
  ])('Two instances under load, when $name', ({ start, faults }) => {
    let redis: WatchedRedis | RedisCluster;
    let database: Awaited<ReturnType<typeof createDatabase>>;
    let instances: UnderLoad;

    beforeAll(async () => {
      redis = await start();
      database = await createDatabase(databaseUrl);
      instances = await openUnderLoad(database.url, redis.url);
    });
    afterAll(async () => {
      await instances.close();
      await database.drop();
      await redis.stop();
    });

    it.each(faults as readonly Fault<WatchedRedis | RedisCluster>[])(
      '$what, keep what they promise, and refuse nobody who lives [C62] [C65] [W9]',
      async ({ happen }) => {
        const report = await instances.during(() => happen(redis, instances.prefix));
        expectPromises(report, { losses: 2 });
        expect(answersToTheLiving(report)).toEqual([200]);
      },
    );
  });
} else {
  it('needs PostgreSQL and a redis-server binary, which this run does not cover', () => {
    expect(process.env.TEST_STORES).not.toBe('all');
  });
}
