import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplication } from '@nestjs/common';
import { dpopProof, WebCrypto, type CryptoKeyPair } from '@sallyport/client';
import pg from 'pg';
import { createReferenceApi } from '../../apps/reference-api/src/app.factory.js';
import { readConfig } from '../../apps/reference-api/src/config.js';
import {
  readDemoCredentials,
  type DemoCredentials,
} from '../../apps/reference-api/src/seed/demo-credentials.js';
import { freePort } from '../../tools/stores/free-port.mjs';
import { DemoKey } from '../../apps/reference-api/src/tools/demo-key.js';
import { LoginDriver } from '../../apps/reference-api/src/tools/login-driver.js';
import { canStartRedis, startRedis } from './redis.js';
import { takeAlong } from './time-travel.js';

export type AdapterName = 'express' | 'fastify';
type Variables = Readonly<Record<string, string>>;

export interface StoreSet {
  readonly name: 'embedded' | 'real';
  /** Empty stores of their own, as environment variables. */
  open(): Promise<{ readonly variables: Variables; close(): Promise<void> }>;
}

/** A database of its own on the real server; `DROP` waits for nobody. */
export async function createDatabase(
  server: string,
): Promise<{ readonly url: string; drop(): Promise<void> }> {
  const name = `sallyport_e2e_${randomBytes(6).toString('hex')}`;
  const run = async (statement: string) => {
    const client = new pg.Client({ connectionString: server });
    await client.connect();
    await client.query(statement);
    await client.end();
  };
  await run(`CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => run(`DROP DATABASE ${name} WITH (FORCE)`) };
}

const { TEST_DATABASE_URL: databaseUrl, TEST_REDIS_URL: redisUrl } = process.env;

/** Redis of its own where there is a binary, since limits count by client id; else the shared one. */
const openRedis = async () =>
  canStartRedis ? startRedis() : { url: redisUrl ?? '', stop: () => Promise.resolve() };

/** What is there on every machine. */
export const embeddedStores: StoreSet = {
  name: 'embedded',
  open: () => Promise.resolve({ variables: {}, close: async () => undefined }),
};

const storeSets: readonly StoreSet[] = [
  embeddedStores,
  ...(databaseUrl === undefined || redisUrl === undefined
    ? []
    : [
        {
          name: 'real' as const,
          async open() {
            const redis = await openRedis();
            const database = await createDatabase(databaseUrl);
            return {
              variables: { DATABASE_URL: database.url, REDIS_URL: redis.url },
              async close() {
                await database.drop();
                await redis.stop();
              },
            };
          },
        },
      ]),
];

export const adapters: readonly AdapterName[] = ['express', 'fastify'];

/** Every adapter on every set of stores: for `describe.each`. */
export const matrix = adapters.flatMap((adapter) =>
  storeSets.map((stores) => ({ adapter, stores, name: `${adapter} on ${stores.name} stores` })),
);

export interface RunningApi {
  readonly app: INestApplication;
  readonly url: string;
  readonly demo: DemoCredentials;
  key(clientId: string): string;
  sub(username: string): string;
  /** By the real login: a user's first token signs them in, later ones are single sign-on. */
  token(client: string, user?: string, scope?: string): Promise<string>;
  /** A token that is bound to a new key, and headers that prove it for one request. */
  boundToken(client: string, user: string): Promise<BoundToken>;
  /** Tokens that are bound to a key of the client library's. */
  tokensBoundTo(keys: CryptoKeyPair, client: string, user: string): Promise<ClientTokens>;
  tokensProvenBy(proof: Prove, client: string, user: string): Promise<ClientTokens>;
  call(path: string, options?: CallOptions): Promise<Answer>;
  close(): Promise<void>;
}

type Prove = (method: string, url: string, accessToken?: string | null) => Promise<string>;

/** What `@sallyport/client` keeps. */
export interface ClientTokens {
  readonly accessToken: string;
  readonly refreshToken: string | null;
}

export interface BoundToken {
  readonly text: string;
  proven(method: string, path: string): Promise<Readonly<Record<string, string>>>;
}

export interface CallOptions {
  readonly method?: string;
  readonly key?: string;
  readonly token?: string;
  /** An object is sent as JSON, text as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON; null when there is no body. */
  readonly body: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- what a server says is checked by the assertions
}

/** The reference API in this process, seeded as by `npm start`, on a free port. */
export async function startReferenceApi(
  adapter: AdapterName,
  stores: StoreSet,
  variables: Variables = {},
): Promise<RunningApi> {
  const opened = await stores.open();
  const dataDir = await mkdtemp(join(tmpdir(), 'sallyport-e2e-'));
  const config = readConfig({
    SALLYPORT_ENV: 'development',
    LOG_LEVEL: 'silent',
    DATA_DIR: dataDir,
    PORT: String(await freePort()), // the issuer's name tells where it listens
    ...opened.variables,
    ...variables,
  });
  const app = await createReferenceApi({ adapter, config });
  await app.listen(config.port, '127.0.0.1');
  takeAlong(app);
  const demo = await readDemoCredentials(dataDir);
  if (demo === null) throw new Error('the demo was not seeded');
  const url = await app.getUrl();
  const logins = new LoginDriver(demo, url);
  const tokensProvenBy = async (proof: Prove, client: string, user: string) => {
    const answer = await logins.token({ client, user, key: { proof } });
    return { accessToken: answer.access_token, refreshToken: answer.refresh_token ?? null };
  };
  return {
    app,
    url,
    demo,
    key: (clientId) => found(demo.apiKeys, (key) => key.client_id === clientId).key,
    sub: (username) => found(demo.users, (user) => user.username === username).sub,
    token: async (client, user, scope) =>
      (await logins.token({ client, user, scope })).access_token,
    async boundToken(client, user) {
      const key = await DemoKey.create();
      const { access_token: text } = await logins.token({ client, user, key });
      return {
        text,
        proven: async (method, path) => ({
          authorization: `DPoP ${text}`,
          dpop: await key.proof(method, `${demo.api}${path}`, text),
        }),
      };
    },
    tokensBoundTo: (keys, client, user) =>
      tokensProvenBy(
        (method, url, accessToken = null) =>
          dpopProof(new WebCrypto(), keys, {
            ...{ method, url: new URL(url), accessToken },
            ...{ nonce: null, now: Date.now() },
          }),
        client,
        user,
      ),
    tokensProvenBy,
    call: (path, options = {}) => call(`${url}${path}`, options),
    async close() {
      await app.close();
      await opened.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export async function call(url: string, options: CallOptions): Promise<Answer> {
  const { method = 'GET', key, token, body, headers = {} } = options;
  const response = await fetch(url, {
    method,
    headers: {
      ...(key === undefined ? {} : { 'x-api-key': key }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? null : (JSON.parse(text) as unknown),
  };
}

function found<T>(list: readonly T[], matches: (entry: T) => boolean): T {
  const entry = list.find(matches);
  if (entry === undefined) throw new Error('not in the demo');
  return entry;
}
