import { setTimeout as sleep } from 'node:timers/promises';
import {
  Browser,
  grantRole,
  refresh,
  registerClient,
  startAuthorizationServer,
  type TestClient,
  type TestStores,
} from '../support/authorization-server.js';
import { testKek, type Instance } from '../support/instances.js';
import { clientCredentials, introspect, revoke } from '../support/oauth-answers.js';
import { canStartRedis, ownPrefix, startRedis, type PrivateRedis } from '../support/redis.js';
import { createDatabase } from '../support/reference-api.js';
import { soon } from '../support/stopwatch.js';

const databaseUrl = process.env.TEST_DATABASE_URL;

if (databaseUrl !== undefined && canStartRedis) {
  describe('Two authorization servers whose Redis is lost', () => {
    let redis: PrivateRedis;
    let database: Awaited<ReturnType<typeof createDatabase>>;
    let both: readonly Instance[];
    let first: Instance;
    let shop: TestClient;
    beforeAll(async () => {
      redis = await startRedis();
      database = await createDatabase(databaseUrl);
      const stores: TestStores = {
        kind: 'real',
        databaseUrl: database.url,
        redisUrl: redis.url,
        prefix: ownPrefix(),
        kek: testKek(),
      };
      first = await startAuthorizationServer({ adapter: 'express', stores });
      both = [first, await startAuthorizationServer({ adapter: 'fastify', stores })];
      shop = await registerClient(first, 'shop', {
        grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
      });
      await grantRole(first, 'alice');
    });
    afterAll(async () => {
      for (const { app } of both) await app.close();
      await database.drop();
      await redis.stop();
    });

    const everywhere = (token: string) =>
      Promise.all(both.map((instance) => instance.probe({ token })));
    const becomes401 = async (token: string) => {
      await soon(1_500, async () => (await everywhere(token)).every((status) => status === 401));
    };

    it('35. Redis down: what is revoked at /oauth/revoke is refused everywhere, then and afterwards [C62] [C65]', async () => {
      const alice = new Browser(first);
      const [tokens, family] = [await alice.login(shop), await alice.login(shop)];
      const { access_token: own } = (await clientCredentials(first, shop)).body;
      const revoked = [tokens.access_token, own, family.access_token] as string[];
      for (const token of revoked) expect(await everywhere(token)).toEqual([200, 200]);
      await redis.kill();
      try {
        for (const token of [tokens.access_token, own, family.refresh_token]) {
          expect((await revoke(first, shop, token as string)).status).toBe(200);
        }
        for (const token of revoked) {
          await becomes401(token);
          for (const instance of both) {
            expect(await introspect(instance, shop, token)).toEqual({ active: false });
          }
        }
        expect((await refresh(first, shop, family.refresh_token)).status).toBe(400);
        expect((await refresh(first, shop, tokens.refresh_token)).status).toBe(200);
      } finally {
        await redis.start();
      }
      // It comes back empty: what was revoked without it is not forgotten.
      for (let round = 0; round < 20; round += 1) {
        for (const token of revoked) expect(await everywhere(token)).toEqual([401, 401]);
        await sleep(25);
      }
    });
  });
} else {
  it('needs PostgreSQL and a redis-server binary, which this run does not cover', () => {
    expect(databaseUrl === undefined || !canStartRedis).toBe(true);
  });
}
