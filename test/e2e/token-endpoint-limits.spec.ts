import { startAuthorizationServer } from '../support/authorization-server.js';
import { testKek, type Instance } from '../support/instances.js';
import { createDatabase } from '../support/reference-api.js';
import { dropPrefix, ownPrefix } from '../support/redis.js';

const { TEST_DATABASE_URL: databaseUrl, TEST_REDIS_URL: redisUrl } = process.env;
const LIMIT = 10;

if (databaseUrl !== undefined && redisUrl !== undefined) {
  describe('The endpoints of two authorization servers', () => {
    const prefix = ownPrefix();
    let database: Awaited<ReturnType<typeof createDatabase>>;
    let both: readonly [Instance, Instance];

    beforeAll(async () => {
      database = await createDatabase(databaseUrl);
      const stores = { kind: 'real', databaseUrl: database.url, redisUrl, prefix, kek: testKek() };
      const start = (adapter: 'express' | 'fastify') =>
        startAuthorizationServer({
          ...{ adapter, stores: { ...stores, kind: 'real' } },
          sallyport: {
            throttling: { address: { limit: LIMIT, windowSeconds: 86_400 }, failures: false },
          },
        });
      both = [await start('express'), await start('fastify')];
    }, 30_000);
    afterAll(async () => {
      for (const { app } of both) await app.close();
      await dropPrefix(redisUrl, prefix);
      await database.drop();
    });

    it('let exactly as many guesses through as one address has, whichever is asked [C33] [W9]', async () => {
      const statuses = await Promise.all(
        Array.from({ length: 3 * LIMIT }, async (_, n) => {
          const { url } = both[n % 2 === 0 ? 0 : 1];
          const endpoint = ['token', 'introspect', 'revoke'][n % 3] ?? '';
          const body = new URLSearchParams({ grant_type: 'client_credentials', token: 'guess' });
          const authorization = `Basic ${Buffer.from(`guess-${n}:guess`).toString('base64')}`;
          const headers = { authorization };
          return (await fetch(`${url}/oauth/${endpoint}`, { method: 'POST', body, headers }))
            .status;
        }),
      );
      expect(statuses.filter((status) => status === 401)).toHaveLength(LIMIT);
      expect(statuses.filter((status) => status === 429)).toHaveLength(2 * LIMIT);
    });
  });
} else {
  it('needs PostgreSQL and Redis, which this run does not cover', () => {
    expect(process.env.TEST_STORES).not.toBe('all');
  });
}
