import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Get } from '@nestjs/common';
import { Public, RateLimit } from '@sallyport/nest';
import { RedisConnection } from '../../libs/sallyport/src/stores/redis/redis-connection.js';
import { RedisRateLimitStore } from '../../libs/sallyport/src/stores/redis/redis-rate-limit.store.js';
import { RateLimitStore } from '../../libs/sallyport/src/throttling/rate-limit.store.js';
import { RateLimiter } from '../../libs/sallyport/src/throttling/rate-limiter.js';
import { describeOnAdapters, type TestApi } from '../support/adapters.js';
import { canStartRedis, startRedis, type PrivateRedis } from '../support/redis.js';
import { inTime } from '../support/stopwatch.js';

const LIMIT = 40;
const INSTANCES = 2;
/** The timeout of a call to Redis, with room for a busy machine. */
const LONGEST_ANSWER_MS = 2000;

@Public()
@Controller()
class LimitedController {
  @Get('leased') @RateLimit({ policy: 'leased' }) leased() {
    return 'ok';
  }
  @Get('exact') @RateLimit({ policy: 'exact' }) exact() {
    return 'ok';
  }
  @Get('closed') @RateLimit({ policy: 'closed' }) closed() {
    return 'ok';
  }
}

if (canStartRedis) {
  describeOnAdapters('Limits of two instances whose Redis is lost', (start) => {
    let redis: PrivateRedis;
    const connections: RedisConnection[] = [];
    beforeEach(async () => {
      redis = await startRedis();
    });
    afterEach(async () => {
      for (const connection of connections.splice(0)) connection.close();
      redis.freeze(false);
      await redis.stop();
    });

    const startOne = async (): Promise<TestApi> => {
      const connection = new RedisConnection({ url: redis.url });
      connections.push(connection);
      await connection.open();
      const rule = { limit: LIMIT, windowSeconds: 86_400, by: 'everyone' } as const;
      const policies = {
        leased: rule,
        exact: { ...rule, mode: 'exact' },
        closed: { ...rule, failMode: 'closed' },
      } as const;
      return start({
        controllers: [LimitedController],
        options: { throttling: { policies, address: false, expectedInstances: INSTANCES } },
        override: (builder) =>
          builder.overrideProvider(RateLimitStore).useValue(new RedisRateLimitStore(connection)),
      });
    };

    /** How many are let through at both; fails when one is answered late, or with anything else than 200 and 429. */
    const allowedAt = async (apis: readonly TestApi[], path: string, times: number) => {
      const statuses = await Promise.all(
        Array.from({ length: times }, async (_, n) => {
          const ask = async () => apis[n % apis.length]?.get(path);
          return (await inTime(LONGEST_ANSWER_MS, ask))?.status;
        }),
      );
      expect(statuses.filter((status) => status !== 200 && status !== 429)).toEqual([]);
      return statuses.filter((status) => status === 200).length;
    };
    const loses: readonly (readonly [
      string,
      () => Promise<void> | void,
      () => Promise<void> | void,
    ])[] = [
      ['is killed', () => redis.kill(), () => redis.start()],
      ['freezes', () => redis.freeze(true), () => redis.freeze(false)],
    ];

    describe.each(['leased', 'exact'])('in %s mode', (mode) => {
      it.each(loses)(
        'go on by their shares when it %s, logged and counted, and by Redis when it is back [C35] [W9] [T8]',
        async (_what, lose, recover) => {
          const apis = [await startOne(), await startOne()];
          const before = await allowedAt(apis, `/${mode}`, 10);
          expect(before).toBe(10);
          await lose();
          const during = await allowedAt(apis, `/${mode}`, 4 * LIMIT);
          // Each its share, and what it held already.
          expect(during).toBeGreaterThanOrEqual(LIMIT / 2);
          expect(during).toBeLessThanOrEqual(LIMIT + LIMIT / 5);
          for (const api of apis) {
            expect(api.app.get(RateLimiter).localDecisions).toBeGreaterThan(0);
          }
          // All apps of one process log where the last one does.
          const log = apis.flatMap((api) => api.log).join('\n');
          expect(log).toContain('counted by this instance alone');
          await recover();
          const counts = (): number[] => apis.map(({ app }) => app.get(RateLimiter).localDecisions);
          let last = counts();
          for (let n = 0; n < 60; n++) {
            await sleep(250);
            await allowedAt(apis, `/${mode}`, 4);
            const next = counts();
            if (next.join() === last.join()) return;
            last = next;
          }
          throw new Error('the limits never came back to Redis');
        },
      );
    });

    it.each(loses)(
      'let nobody through a limit that fails closed when it %s, and go on when it is back [C35]',
      async (_what, lose, recover) => {
        const api = await startOne();
        expect(await allowedAt([api], '/closed', 3)).toBe(3);
        await lose();
        for (let n = 0; n < 5; n++) {
          const answer = await inTime(LONGEST_ANSWER_MS, () => api.get('/closed'));
          expect(answer.status).toBe(503);
          expect(answer.headers['retry-after']).toBe('1');
        }
        expect(await allowedAt([api], '/exact', 1)).toBe(1);
        await recover();
        let status = 503;
        for (let n = 0; n < 60 && status === 503; n++) {
          await sleep(250);
          ({ status } = await api.get('/closed'));
        }
        expect(status).toBe(200);
      },
    );

    it('a start without Redis limits all the same, and takes Redis when it comes [C35]', async () => {
      await redis.kill();
      const apis = [await startOne()];
      const allowed = await allowedAt(apis, '/exact', 3 * LIMIT);
      expect(allowed).toBe(LIMIT / INSTANCES);
      await redis.start();
      let afterwards = 0;
      for (let n = 0; n < 40 && afterwards === 0; n++) {
        await sleep(250);
        afterwards = await allowedAt(apis, '/exact', 1);
      }
      expect(afterwards).toBe(1);
    });
  });
}
