import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { openShared, type Credentials, type Instance } from '../support/instances.js';
import { answered } from '../support/patience.js';
import { canStartRedis, startRedis, type PrivateRedis } from '../support/redis.js';
import { createDatabase } from '../support/reference-api.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { inTime, soon } from '../support/stopwatch.js';

const databaseUrl = process.env.TEST_DATABASE_URL;
const LIMIT_MILLISECONDS = 2_000;
const STALE_SECONDS = 3;
/** For the scheduler of a busy machine. */
const SLACK_MILLISECONDS = 500;

if (databaseUrl !== undefined && canStartRedis) {
  describe('Two instances whose Redis is lost', () => {
    let redis: PrivateRedis;
    let database: Awaited<ReturnType<typeof createDatabase>>;
    let wire: TcpProxy;
    let set: Awaited<ReturnType<typeof openShared>>;
    let first: Instance;
    beforeAll(async () => {
      redis = await startRedis();
      database = await createDatabase(databaseUrl);
      wire = await startTcpProxy(database.url);
      set = await openShared(wire.url, redis.url, {
        revocation: { maxStalenessSeconds: STALE_SECONDS },
      });
      [first] = set.both;
    });
    afterAll(async () => {
      await set.close();
      await wire.close();
      await database.drop();
      await redis.stop();
    });

    const everywhere = (credentials: Credentials) =>
      Promise.all(set.both.map((instance) => instance.probe(credentials)));
    const revoke = async (body: object) => {
      const send = () => first.call('/admin/revocations', { key: set.admin, body });
      expect((await answered(send)).status).toBe(204);
    };
    const token = (jti: string) => first.token({ sub: 'alice', client_id: 'mobile', jti });
    const newKey = async () => {
      const body = { clientId: 'shop', name: 'k', preset: 'read' };
      const send = () => first.call('/admin/api-keys', { key: set.admin, body });
      const issued = await answered(send);
      expect(issued.status).toBe(201);
      return issued.body as { id: string; key: string };
    };
    const becomes401 = async (credentials: Credentials) => {
      await soon(1000 + SLACK_MILLISECONDS, async () =>
        (await everywhere(credentials)).every((status) => status === 401),
      );
    };

    it('revive nothing when it is flushed, neither at once nor after the list was rebuilt [C65]', async () => {
      const [dead, alive] = [await token('flushed-1'), await token('flushed-2')];
      const key = await newKey();
      await revoke({ kind: 'token', id: 'flushed-1' });
      await revoke({ kind: 'api-key', id: key.id });
      await becomes401({ token: dead });
      const client = new Redis(redis.url);
      await client.flushall();
      for (let round = 0; round < 20; round++) {
        expect(await everywhere({ token: dead })).toEqual([401, 401]);
        expect(await everywhere({ key: key.key })).toEqual([401, 401]);
        expect(await everywhere({ token: alive })).toEqual([200, 200]);
        await sleep(25);
      }
      for (let tries = 0; tries < 100 && (await client.dbsize()) === 0; tries++) await sleep(50);
      await client.quit();
      expect(await everywhere({ token: dead })).toEqual([401, 401]);
    });

    it('answer from PostgreSQL while it is stopped, and revocation stays effective [C62] [C65]', async () => {
      const [one, two] = [await token('stopped-1'), await token('stopped-2')];
      const key = await newKey();
      expect(await everywhere({ token: one })).toEqual([200, 200]);
      await redis.kill();
      try {
        expect(await everywhere({ token: one })).toEqual([200, 200]);
        expect(await everywhere({ key: key.key })).toEqual([200, 200]);
        await revoke({ kind: 'token', id: 'stopped-1' });
        await becomes401({ token: one });
        await revoke({ kind: 'api-key', id: key.id });
        await becomes401({ key: key.key });
        expect(await everywhere({ token: two })).toEqual([200, 200]);
      } finally {
        await redis.start();
      }
      // It comes back empty: what was revoked without it is not forgotten.
      for (let round = 0; round < 40; round++) {
        expect(await everywhere({ token: one })).toEqual([401, 401]);
        expect(await everywhere({ key: key.key })).toEqual([401, 401]);
        await sleep(25);
      }
    });

    it('an instance that starts on an empty Redis, or on none, lets in nothing that was revoked [C62] [C65] [N2]', async () => {
      const [dead, alive] = [await token('started-1'), await token('started-2')];
      const key = await newKey();
      await revoke({ kind: 'token', id: 'started-1' });
      await revoke({ kind: 'api-key', id: key.id });
      const firstAnswers = async () => {
        const instance = await set.start('fastify');
        const answers = await Promise.all([
          ...(['', '/strict'] as const).map((route) => instance.probe({ token: dead }, route)),
          ...(['', '/strict'] as const).map((route) => instance.probe({ key: key.key }, route)),
          instance.probe({ token: alive }),
        ]);
        await instance.app.close();
        return answers;
      };
      const client = new Redis(redis.url);
      await client.flushall();
      await client.quit();
      expect(await firstAnswers()).toEqual([401, 401, 401, 401, 200]);
      await redis.kill();
      expect(await firstAnswers()).toEqual([401, 401, 401, 401, 200]);
      await redis.start();
      expect(await firstAnswers()).toEqual([401, 401, 401, 401, 200]);
    });

    it('go on when PostgreSQL is away too for as long as is stated, then answer 503 within 2 s, never 200', async () => {
      const known = await token('known');
      const stranger = await first.token({ sub: 'stranger', client_id: 'mobile' });
      expect(await everywhere({ token: known })).toEqual([200, 200]);
      await redis.kill();
      wire.block();
      try {
        expect(await everywhere({ token: known })).toEqual([200, 200]);
        expect(await everywhere({ token: stranger })).toEqual([503, 503]);
        expect(await first.probe({ token: known }, '/strict')).toBe(503);
        await sleep(STALE_SECONDS * 1000 + SLACK_MILLISECONDS);
        for (const credentials of [{ token: known }, { token: stranger }]) {
          const asked = () => everywhere(credentials);
          const statuses = await inTime(LIMIT_MILLISECONDS + SLACK_MILLISECONDS, asked);
          expect(statuses).toEqual([503, 503]);
        }
        expect(await first.probe({ token: known }, '/stale')).toBe(200);
        const answer = await first.call('/probe', { token: known });
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      } finally {
        wire.mend();
        await redis.start();
      }
      for (let tries = 0; tries < 100; tries++) {
        if ((await everywhere({ token: known })).every((status) => status === 200)) break;
        await sleep(50);
      }
      expect(await everywhere({ token: known })).toEqual([200, 200]);
    });
  });
} else {
  it('needs PostgreSQL and a redis-server binary, which this run does not cover', () => {
    expect(databaseUrl === undefined || !canStartRedis).toBe(true);
  });
}
