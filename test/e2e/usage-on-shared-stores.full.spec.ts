import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Get, Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ApiKeyService, Public, UsageService } from '@sallyport/nest';
import { embeddedDataSourceOptions, embeddedStores } from '@sallyport/nest/embedded';
import { productionStores } from '@sallyport/nest/production';
import { postgresDataSourceOptions } from '@sallyport/nest/typeorm';
import {
  seedClients,
  seeder,
  startInstance,
  testKek,
  type Instance,
} from '../support/instances.js';
import { dropPrefix, ownPrefix } from '../support/redis.js';
import { adapters, createDatabase, type AdapterName } from '../support/reference-api.js';

const { TEST_DATABASE_URL: databaseUrl, TEST_REDIS_URL: redisUrl } = process.env;
const CALLS = 300;

const today = {
  granularity: 'day',
  from: new Date(Date.now() - 86_400_000),
  to: new Date(Date.now() + 86_400_000),
  groupBy: ['route', 'status'],
  filter: {},
  limit: 100,
} as const;

let underWay = 0;

@Controller('slow')
class SlowController {
  @Get()
  @Public()
  async slow(): Promise<string> {
    underWay += 1;
    await sleep(400);
    return 'late';
  }
}

@Module({ controllers: [SlowController] })
class SlowModule {}

const callsOf = async (instance: Instance, route = 'ProbeController.app') => {
  const rows = await instance.get(UsageService).query({ ...today, filter: { route } });
  return rows.reduce((sum, { calls }) => sum + calls, 0);
};

const issueKey = async (instance: Instance) => {
  const key = { clientId: 'shop', name: 'k', scope: ['invoices:read'] };
  return (await instance.get(ApiKeyService).issue(key, seeder)).plaintext;
};

const closing = (instances: readonly Instance[]) =>
  Promise.all(instances.map(({ app }) => app.close()));

if (databaseUrl !== undefined && redisUrl !== undefined) {
  describe('Usage of several instances on PostgreSQL and Redis', () => {
    const kek = testKek();
    let database: Awaited<ReturnType<typeof createDatabase>>;
    let prefix: string;
    let left: Instance[] = [];
    beforeEach(async () => {
      database = await createDatabase(databaseUrl);
      prefix = ownPrefix();
    });
    afterEach(async () => {
      await closing(left.splice(0));
      await dropPrefix(redisUrl, prefix);
      await database.drop();
    });

    const start = async (adapter: AdapterName, redis = redisUrl): Promise<Instance> => {
      const imports: DynamicModule[] = [
        TypeOrmModule.forRoot({
          ...postgresDataSourceOptions(database.url),
          autoLoadEntities: true,
          retryAttempts: 0,
        }),
      ];
      const stores = productionStores({ redis, kek, redisKeyPrefix: prefix, runMigrations: true });
      const instance = await startInstance(adapter, {
        ...{ environment: 'production', imports, stores, usage: { flushSeconds: 0.2 } },
      });
      left.push(instance);
      return instance;
    };
    const stop = async (instance: Instance) => {
      left = left.filter((other) => other !== instance);
      await instance.app.close();
    };

    it('counts every call once, whichever instance served, pushed or drained it [C40]', async () => {
      const both = [await start('express'), await start('fastify')] as const;
      const key = await seedClients(both[0]).then(() => issueKey(both[0]));
      const answers = await Promise.all(
        Array.from({ length: CALLS }, async (_, index) => {
          await sleep(index * 3);
          return (both[index % 2] ?? both[0]).call('/probe/app', { key });
        }),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      for (let tries = 0; tries < 200 && (await callsOf(both[0])) < CALLS; tries += 1) {
        await sleep(100);
      }
      await sleep(500); // twice would show now
      expect(await callsOf(both[0])).toBe(CALLS);
      const { useCount } = await both[1].get(ApiKeyService).get(key.split('_')[2] ?? '');
      expect(useCount).toBe(CALLS);
      expect(await both[1].get(UsageService).lastUseOfClient('shop')).toMatchObject({
        count: CALLS,
      });
    });

    it.each(adapters)('loses none when an instance stops gracefully, on %s', async (adapter) => {
      const [stopping, other] = [await start(adapter), await start('express')];
      const key = await seedClients(stopping).then(() => issueKey(stopping));
      const answers = await Promise.all(
        Array.from({ length: 100 }, () => stopping.call('/probe/app', { key })),
      );
      expect(answers).toHaveLength(100);
      await stop(stopping);
      await other.get(UsageService).flush();
      for (let tries = 0; tries < 200 && (await callsOf(other)) < 100; tries += 1) await sleep(50);
      expect(await callsOf(other)).toBe(100);
    });

    it.each(adapters)('goes on without Redis, straight to PostgreSQL, on %s', async (adapter) => {
      const instance = await start(adapter, 'redis://127.0.0.1:1');
      const key = await seedClients(instance).then(() => issueKey(instance));
      for (let call = 0; call < 10; call += 1) await instance.call('/probe/app', { key });
      await instance.get(UsageService).flush();
      for (let tries = 0; tries < 200 && (await callsOf(instance)) < 10; tries += 1)
        await sleep(50);
      expect(await callsOf(instance)).toBe(10);
    });
  });
}

describe.each(adapters)('Usage of one instance on PGlite, on %s', (adapter) => {
  it('is all there after a graceful stop, also of what was still open then', async () => {
    const directory = 'memory://';
    const instance = await startInstance(adapter, {
      environment: 'production',
      singleInstance: true,
      usage: { flushSeconds: 60 },
      imports: [
        { module: SlowModule },
        TypeOrmModule.forRoot({
          ...embeddedDataSourceOptions({ directory }),
          autoLoadEntities: true,
        }),
      ],
      stores: embeddedStores({ kek: testKek() }),
    });
    const key = await seedClients(instance).then(() => issueKey(instance));
    const usage = instance.get(UsageService);
    let seen: readonly number[] = [];
    // The stores close with the app: the last that its server does is to look.
    const { httpAdapter } = instance.app as unknown as {
      httpAdapter: { close: () => Promise<unknown> };
    };
    const close = httpAdapter.close.bind(httpAdapter);
    httpAdapter.close = async () => {
      await close();
      seen = [await callsOf(instance), await callsOf(instance, 'SlowController.slow')];
    };
    for (let call = 0; call < 5; call += 1) await instance.call('/probe/app', { key });
    underWay = 0;
    const open = Array.from({ length: 5 }, () => instance.call('/slow'));
    while (underWay < open.length) await sleep(10);
    await instance.app.close();
    expect((await Promise.all(open)).map(({ status }) => status)).toEqual([
      200, 200, 200, 200, 200,
    ]);
    expect(seen).toEqual([5, 5]);
    expect(usage.report().waitingRows).toBe(0);
  });
});
