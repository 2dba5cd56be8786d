import { setTimeout } from 'node:timers/promises';
import type { SallyportOptions } from '@sallyport/nest';
import type { AuthorizationServerOptions } from '@sallyport/nest/authorization-server';
import { TypeOrmTransactions } from '../../libs/sallyport/src/stores/typeorm/typeorm-transactions.js';
import { startAuthorizationServer, type TestStores } from './authorization-server.js';
import { testKek, type Instance } from './instances.js';
import { createDatabase } from './reference-api.js';
import { dropPrefix, ownPrefix } from './redis.js';
import { startTcpProxy } from './tcp-proxy.js';

export interface Servers {
  /** Two that share all their stores; on embedded stores, one under both names. */
  readonly both: readonly [Instance, Instance];
  /** What a load balancer makes of them: each request goes to the one or the other, by turns. */
  readonly either: Pick<Instance, 'url'>;
  close(): Promise<void>;
}

export interface ServerSet {
  readonly name: string;
  open(
    server?: AuthorizationServerOptions,
    sallyport?: Partial<SallyportOptions>,
  ): Promise<Servers>;
}

const { TEST_DATABASE_URL: databaseUrl, TEST_REDIS_URL: redisUrl } = process.env;

/** What each question to a store takes longer than on one machine. */
const FAR_MILLISECONDS = 25;
const STEP_MILLISECONDS = 5;

/** A test signs in more often than people do. */
const unlimitedSignIn = { signIn: { attempts: 1_000_000, addressAttempts: 1_000_000 } };

export const embeddedServers: ServerSet = {
  name: 'one server on PGlite',
  async open(server = {}, sallyport = {}) {
    const stores = { kind: 'pglite' } as const;
    const only = await startAuthorizationServer({
      stores,
      sallyport,
      server: { ...unlimitedSignIn, ...server },
    });
    delayLookups(only.app.get(TypeOrmTransactions));
    return { both: [only, only], either: only, close: () => only.app.close() };
  },
};

/**
 * In one thread with whoever asks, the first of a race could be done before the last was heard: each looks at what it
 * spends as late as if the database were far away.
 */
function delayLookups(database: TypeOrmTransactions): void {
  const findOne = database.findOne.bind(database);
  database.findOne = async (entity, where, transaction) => {
    if (transaction === undefined) await farAway();
    return findOne(entity, where, transaction);
  };
}

/** By small steps: a busy machine that makes one of them long has heard the others of the race before the next is over. */
async function farAway(): Promise<void> {
  for (let waited = 0; waited < FAR_MILLISECONDS; waited += STEP_MILLISECONDS) {
    await setTimeout(STEP_MILLISECONDS);
  }
}

const farServers = (database: string, redis: string): ServerSet => ({
  name: 'two servers, on Express and Fastify, 25 ms away from PostgreSQL and Redis',
  async open(server = {}, sallyport = {}) {
    const own = await createDatabase(database);
    const wires = [await startTcpProxy(own.url), await startTcpProxy(redis)] as const;
    for (const wire of wires) wire.delay(FAR_MILLISECONDS);
    const prefix = ownPrefix();
    const [{ url: databaseUrl }, { url: redisUrl }] = wires;
    const stores = { kind: 'real', databaseUrl, redisUrl, prefix, kek: testKek() } as const;
    const opened = await openPair(stores, { ...unlimitedSignIn, ...server }, sallyport);
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
async function openPair(
  stores: TestStores,
  server: AuthorizationServerOptions,
  sallyport: Partial<SallyportOptions>,
): Promise<Servers> {
  const both = [
    await startAuthorizationServer({ adapter: 'express', stores, server, sallyport }),
    await startAuthorizationServer({ adapter: 'fastify', stores, server, sallyport }),
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
