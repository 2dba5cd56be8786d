import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { ApiKeyService, UsageService } from '@sallyport/nest';
import {
  Browser,
  grantRole,
  refresh,
  registerClient,
  startAuthorizationServer,
} from '../support/authorization-server.js';
import { seeder, testKek, type Instance } from '../support/instances.js';
import { clientCredentials, introspect, revoke } from '../support/oauth-answers.js';
import { canStartRedis, ownPrefix, startRedis, type PrivateRedis } from '../support/redis.js';
import { createDatabase } from '../support/reference-api.js';

const databaseUrl = process.env.TEST_DATABASE_URL;
const ARCHIVE = 'https://archive.test';

if (databaseUrl !== undefined && canStartRedis) {
  describe('What passes through Redis', () => {
    let redis: PrivateRedis;
    let operator: Redis;
    let database: Awaited<ReturnType<typeof createDatabase>>;
    let server: Instance;
    const prefix = ownPrefix();
    const said: string[] = [];
    let disconnect = (): void => undefined;

    beforeAll(async () => {
      redis = await startRedis();
      operator = new Redis(redis.url);
      const monitor = await operator.monitor();
      monitor.on('monitor', (_time: string, args: readonly string[]) => said.push(args.join(' ')));
      database = await createDatabase(databaseUrl);
      server = await startAuthorizationServer({
        stores: {
          ...{ kind: 'real', databaseUrl: database.url, redisUrl: redis.url },
          ...{ prefix, kek: testKek() },
        },
        server: {
          resources: [
            { identifier: ARCHIVE, scope: ['invoices:read'], accessTokenFormat: 'opaque' },
          ],
        },
        sallyport: { usage: { flushSeconds: 0.1 } },
      });
      disconnect = () => {
        monitor.disconnect();
        operator.disconnect();
      };
    }, 30_000);
    afterAll(async () => {
      await server.app.close();
      disconnect();
      await database.drop();
      await redis.stop();
    });

    it('names no token, key, secret or password, in keys or values, and every key ends by itself [C77] [T8]', async () => {
      const shop = await registerClient(server, 'shop', {
        grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
        resources: [ARCHIVE],
      });
      await grantRole(server, 'alice');
      const { plaintext: key, apiKey } = await server
        .get(ApiKeyService)
        .issue({ clientId: 'shop', name: 'k', scope: ['invoices:read'] }, seeder);
      const first = await new Browser(server).login(shop);
      const { body: second } = await refresh(server, shop, first.refresh_token);
      const { body: opaque } = await clientCredentials(server, shop, { resource: ARCHIVE });
      const basic = [shop.clientId, shop.secret ?? ''] as const;
      const token = second.access_token as string;
      for (const route of ['', '/strict'] as const) {
        expect(await server.probe({ token }, route)).toBe(200);
        expect(await server.probe({ key }, route)).toBe(200);
        expect(await server.probe({ basic }, route)).toBe(200);
        expect(await server.probe({ key: `${key.slice(0, -8)}guessing` }, route)).toBe(401);
      }
      expect(await introspect(server, shop, opaque.access_token)).toMatchObject({ active: true });
      for (const one of [token, opaque.access_token as string]) {
        expect((await revoke(server, shop, one)).status).toBe(200);
      }
      await server.get(ApiKeyService).revoke(apiKey.id, seeder);
      await server.get(UsageService).flush();
      await sleep(300);

      const credentials = [first.access_token, first.refresh_token, token, second.refresh_token];
      const secrets = [
        ...[...credentials, opaque.access_token].map(String),
        ...[...credentials].flatMap((text) => String(text).split('.')[2] ?? []),
        ...[key, key.split('_')[3] ?? '', shop.secret ?? '', "alice's password"],
        Buffer.from(basic.join(':')).toString('base64'),
      ];
      const keys = await operator.keys('*');
      expect(keys.length).toBeGreaterThan(3);
      // What the monitor heard is what was ever sent, kept or not.
      for (const wanted of ['XADD', 'evalsha', ':rl:', ':rev}', ':usage}']) {
        expect([...said, ...keys].join('\n').toLowerCase()).toContain(wanted.toLowerCase());
      }
      for (const secret of secrets) {
        expect(secret.length).toBeGreaterThan(8);
        expect([...said, ...keys].filter((text) => text.includes(secret))).toEqual([]);
      }
      for (const one of keys) expect([one, await operator.pttl(one)]).not.toEqual([one, -1]);
    });
  });
} else {
  it('needs PostgreSQL and a redis-server binary, which this run does not cover', () => {
    expect(process.env.TEST_STORES).not.toBe('all');
  });
}
