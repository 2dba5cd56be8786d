import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, SystemTime, type Fetch } from '@sallyport/client';
import {
  adapters,
  createDatabase,
  startReferenceApi,
  type RunningApi,
  type StoreSet,
} from '../support/reference-api.js';
import { canStartRedis, startRedis } from '../support/redis.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';

const databaseUrl = process.env.TEST_DATABASE_URL;

if (databaseUrl !== undefined && canStartRedis) {
  describe.each(adapters)('@sallyport/client while PostgreSQL is away, on %s', (adapter) => {
    let api: RunningApi;
    let database: TcpProxy;
    beforeAll(async () => {
      const redis = await startRedis();
      const own = await createDatabase(databaseUrl);
      database = await startTcpProxy(own.url);
      const stores: StoreSet = {
        name: 'real',
        open: () =>
          Promise.resolve({
            variables: { DATABASE_URL: database.url, REDIS_URL: redis.url },
            async close() {
              await database.close();
              await own.drop();
              await redis.stop();
            },
          }),
      };
      api = await startReferenceApi(adapter, stores);
    });
    afterEach(async () => {
      database.mend();
      const key = api.key('backoffice-web');
      for (let tries = 0; tries < 100; tries += 1) {
        if ((await api.call('/v1/invoices', { key })).status === 200) return;
        await sleep(100);
      }
    });
    afterAll(() => api.close());

    let statuses: number[];
    const counted: Fetch = async (url, init) => {
      const response = await fetch(url, init);
      statuses.push(response.status);
      return response;
    };
    const client = (mendsAfter: number) => {
      statuses = [];
      const waits: number[] = [];
      class Watched extends SystemTime {
        override wait(milliseconds: number, signal?: AbortSignal | null): Promise<void> {
          waits.push(milliseconds);
          if (waits.length === mendsAfter) database.mend();
          return super.wait(milliseconds, signal);
        }
      }
      const time = new Watched();
      const { fetch: call } = createClient({
        ...{ origin: api.demo.api, apiKey: api.key('backoffice-web') },
        ...{ fetch: counted, time, maxRetries: 5 },
      });
      return { call, waits };
    };

    it('comes back when it is told to, and finds what it asked for', async () => {
      await sleep(600); // what was remembered is forgotten
      database.cut();
      const { call, waits } = client(1);
      const { status } = await call('/v1/invoices');
      expect(status).toBe(200);
      expect(statuses[0]).toBe(503);
      expect(waits[0]).toBeGreaterThanOrEqual(1000);
    });

    it('leaves it to the caller whether an invoice is posted again', async () => {
      await sleep(600);
      database.cut();
      const { call, waits } = client(1);
      const answer = await call('/v1/invoices', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ department: 'Finance', amountCents: 1, currency: 'EUR' }),
      });
      expect([answer.status, statuses, waits]).toEqual([503, [503], []]);
    });
  });
}
