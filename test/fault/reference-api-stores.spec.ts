import { setTimeout as sleep } from 'node:timers/promises';
import { canStartRedis, startRedis, type PrivateRedis } from '../support/redis.js';
import {
  adapters,
  createDatabase,
  startReferenceApi,
  type Answer,
  type RunningApi,
  type StoreSet,
} from '../support/reference-api.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { inTime } from '../support/stopwatch.js';

const LIMIT_MILLISECONDS = 2_000;
/** What the answer may take on top, on a busy machine: the promise is about us, not about the scheduler. */
const SLACK_MILLISECONDS = 500;

const databaseUrl = process.env.TEST_DATABASE_URL;

const timed = (call: Promise<Answer>): Promise<Answer> =>
  inTime(LIMIT_MILLISECONDS + SLACK_MILLISECONDS, () => call);

if (databaseUrl !== undefined && canStartRedis) {
  describe.each(adapters)('The reference API on %s, when a store is away', (adapter) => {
    let api: RunningApi;
    let database: TcpProxy;
    let redis: PrivateRedis;

    beforeAll(async () => {
      redis = await startRedis();
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
    afterAll(() => api.close());

    const list = () => api.call('/v1/invoices', { key: api.key('nightly-job') });
    const readiness = () => api.call('/health/ready');
    const untilReady = async () => {
      for (let tries = 0; tries < 50; tries += 1) {
        if ((await readiness()).body.status === 'ok' && (await list()).status === 200) return;
        await sleep(100);
      }
      throw new Error('it did not come back');
    };

    afterEach(async () => {
      database.mend();
      redis.freeze(false);
      await redis.start().catch(() => undefined); // it may never have gone
      await untilReady();
    });

    it.each(['cut', 'block'] as const)(
      'answers 503 within 2 s while PostgreSQL is away (%s), and loses nothing acknowledged',
      async (how) => {
        const created = await api.call('/v1/invoices', {
          method: 'POST',
          key: api.key('backoffice-web'),
          body: { department: 'Finance', amountCents: 7, currency: 'EUR' },
        });
        expect(created.status).toBe(201);
        await sleep(600); // what was remembered is forgotten
        database[how]();

        const refused = await timed(list());
        expect(refused.status).toBe(503);
        expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
        expect(refused.body.type).toBe('urn:sallyport:problem:unavailable');
        expect((await timed(readiness())).status).toBe(503);
        expect((await timed(api.call('/health/live'))).status).toBe(200);
        const write = api.call('/admin/api-keys', {
          method: 'POST',
          key: api.key('operator'),
          body: { clientId: 'nightly-job', name: 'lost', preset: 'read' },
        });
        expect((await timed(write)).status).toBe(503);

        database.mend();
        await untilReady();
        const found = await api.call(`/v1/invoices/${String(created.body.id)}`, {
          key: api.key('nightly-job'),
        });
        expect(found.status).toBe(200);
        const keys = await api.call('/admin/api-keys?clientId=nightly-job', {
          key: api.key('operator'),
        });
        expect(JSON.stringify(keys.body)).not.toContain('"lost"');
      },
    );

    it.each(['gone', 'silent'] as const)(
      'goes on while Redis is %s: degraded, and revocation still works [C65]',
      async (how) => {
        const token = await api.token('mobile-app', 'alice');
        const me = () => api.call('/v1/me', { token });
        expect((await me()).status).toBe(200);
        if (how === 'gone') await redis.kill();
        else redis.freeze(true);

        expect((await timed(list())).status).toBe(200);
        const ready = await timed(readiness());
        expect([ready.status, ready.body.status]).toEqual([200, 'degraded']);
        expect((await timed(me())).status).toBe(200);

        const jti = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
          jti: string;
        };
        const revoked = await timed(
          api.call('/admin/revocations', {
            method: 'POST',
            key: api.key('operator'),
            body: { kind: 'token', id: jti.jti },
          }),
        );
        expect(revoked.status).toBe(204);
        expect((await timed(me())).status).toBe(401);

        if (how === 'gone') await redis.start();
        else redis.freeze(false);
        await untilReady();
        expect((await me()).status).toBe(401);
      },
    );
  });
} else {
  it('needs PostgreSQL and a redis-server binary, which this run does not cover', () => {
    expect(process.env.TEST_STORES).not.toBe('all');
  });
}
