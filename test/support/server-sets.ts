import type { AuthorizationServerOptions } from '@sallyport/nest/authorization-server';
import { startAuthorizationServer, type TestStores } from './authorization-server.js';
import { testKek, type Instance } from './instances.js';
import { createDatabase } from './reference-api.js';
import { dropPrefix, ownPrefix } from './redis.js';
import { startSlowWire } from './slow-wire.js';

export interface Servers {
  /** Two that share all their stores; on embedded stores, one under both names. */
  readonly both: readonly [Instance, Instance];
  /** What a load balancer makes of them: each request goes to the one or the other, by turns. */
  readonly either: Pick<Instance, 'url'>;
  close(): Promise<void>;
}

export interface ServerSet {
  readonly name: string;
  open(server?: AuthorizationServerOptions): Promise<Servers>;
}

const { TEST_DATABASE_URL: databaseUrl, TEST_REDIS_URL: redisUrl } = process.env;

/** What each question to a store takes longer than on one machine. */
const FAR_MILLISECONDS = 25;

/** A test signs in more often than people do. */
const unlimitedSignIn = { signIn: { attempts: 1_000_000, addressAttempts: 1_000_000 } };

export const embeddedServers: ServerSet = {
  name: 'one server on PGlite',
  async open(server = {}) {
    const stores = { kind: 'pglite' } as const;
    const only = await startAuthorizationServer({
      stores,
      server: { ...unlimitedSignIn, ...server },
    });
    return { both: [only, only], either: only, close: () => only.app.close() };
  },
};

const farServers = (database: string, redis: string): ServerSet => ({
  name: 'two servers, on Express and Fastify, 25 ms away from PostgreSQL and Redis',
  async open(server = {}) {
    const own = await createDatabase(database);
    const wires = [
      await startSlowWire(own.url, FAR_MILLISECONDS),
      await startSlowWire(redis, FAR_MILLISECONDS),
    ] as const;
    const prefix = ownPrefix();
    const [{ url: databaseUrl }, { url: redisUrl }] = wires;
    const stores = { kind: 'real', databaseUrl, redisUrl, prefix, kek: testKek() } as const;
    const opened = await openPair(stores, { ...unlimitedSignIn, ...server });
    return {
      ...opened,
      async close() {
        await opened.close();
        for (const wire of wires) await wire.close();
        await dropPrefix(redis, prefix);
        await own.drop();
      },
    };
  },
});

/** One server on each adapter, on the same stores. */
async function openPair(stores: TestStores, server: AuthorizationServerOptions): Promise<Servers> {
  const both = [
    await startAuthorizationServer({ adapter: 'express', stores, server }),
    await startAuthorizationServer({ adapter: 'fastify', stores, server }),
  ] as const;
  let turn = 0;
  return {
    both,
    either: {
      get url() {
        return (turn++ % 2 === 0 ? both[0] : both[1]).url;
      },
    },
    async close() {
      for (const { app } of both) await app.close();
    },
  };
}

/** Two servers where there are real stores. */
export const farServerSets: readonly ServerSet[] =
  databaseUrl === undefined || redisUrl === undefined ? [] : [farServers(databaseUrl, redisUrl)];

export const serverSets: readonly ServerSet[] = [embeddedServers, ...farServerSets];
