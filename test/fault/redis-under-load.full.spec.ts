import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { canStartRedis, startRedis, type PrivateRedis } from '../support/redis.js';
import { createDatabase } from '../support/reference-api.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import {
  answersToTheLiving,
  expectPromises,
  openUnderLoad,
  type Losses,
  type UnderLoad,
} from '../support/under-load.js';

const databaseUrl = process.env.TEST_DATABASE_URL;
const AWAY_MS = 3000;

if (databaseUrl !== undefined && canStartRedis) {
  describe('Two instances under load, when Redis', () => {
    let redis: PrivateRedis;
    let wire: TcpProxy;
    let database: Awaited<ReturnType<typeof createDatabase>>;
    let instances: UnderLoad;

    beforeAll(async () => {
      redis = await startRedis();
      wire = await startTcpProxy(redis.url);
      database = await createDatabase(databaseUrl);
      instances = await openUnderLoad(database.url, wire.url);
    });
    afterAll(async () => {
      await instances.close();
      await wire.close();
      await database.drop();
      await redis.stop();
    });

    const flush = async () => {
      const operator = new Redis(redis.url);
      await operator.flushall();
      operator.disconnect();
    };
    const faults: readonly (Losses & { what: string; happen: () => Promise<void> })[] = [
      {
        what: 'is frozen',
        losses: 2,
        async happen() {
          redis.freeze(true);
          await sleep(AWAY_MS);
          redis.freeze(false);
        },
      },
      {
        what: 'is killed, and comes back with nothing in it',
        losses: 2,
        async happen() {
          await redis.kill();
          await sleep(AWAY_MS);
          await redis.start();
        },
      },
      {
        what: 'is behind a black hole',
        losses: 2,
        async happen() {
          wire.block();
          await sleep(AWAY_MS);
          wire.mend();
        },
      },
      {
        what: 'loses the other end of every connection',
        losses: 2,
        async happen() {
          wire.halfOpen();
          await sleep(AWAY_MS);
        },
      },
      {
        what: 'resets every connection, again and again',
        losses: 2,
        flaps: true,
        async happen() {
          for (let n = 0; n < 10; n++) {
            wire.reset();
            await sleep(AWAY_MS / 10);
          }
        },
      },
      {
        what: 'is slow',
        losses: 2,
        flaps: true,
        async happen() {
          wire.delay(200);
          await sleep(AWAY_MS);
          wire.mend();
        },
      },
      {
        what: 'trickles',
        losses: 2,
        flaps: true,
        async happen() {
          wire.trickle(200);
          await sleep(AWAY_MS);
          wire.mend();
          wire.reset();
        },
      },
      {
        what: 'is flushed',
        losses: 1,
        async happen() {
          await flush();
          await sleep(AWAY_MS);
        },
      },
    ];

    it.each(faults)(
      '$what, keep what they promise, and refuse nobody who lives [C62] [C65] [W9]',
      async ({ happen, ...losses }) => {
        const report = await instances.during(happen);
        expectPromises(report, losses);
        expect(answersToTheLiving(report)).toEqual([200]);
      },
    );
  });
} else {
  it('needs PostgreSQL and a redis-server binary, which this run does not cover', () => {
    expect(process.env.TEST_STORES).not.toBe('all');
  });
}
