import { randomBytes } from 'node:crypto';
import type { Server, ServerResponse } from 'node:http';
import type { ServerOptions } from 'node:https';
import {
  Controller,
  Get,
  Module,
  Post,
  Res,
  type DynamicModule,
  type INestApplication,
  type NestApplicationOptions,
  type Type,
} from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  ApiKey,
  ApiKeyService,
  ClientSecretService,
  ClientService,
  CurrentCaller,
  HttpProblemFilter,
  Revocation,
  RevocationService,
  SallyportModule,
  Scopes,
  SignedRequest,
  SigningKeyService,
  type Caller,
  type SallyportError,
  type SallyportOptions,
} from '@sallyport/nest';
import { AdminModule } from '@sallyport/nest/admin';
import { embeddedDataSourceOptions, embeddedStores } from '@sallyport/nest/embedded';
import { productionStores } from '@sallyport/nest/production';
import { postgresDataSourceOptions } from '@sallyport/nest/typeorm';
import { dropPrefix, ownPrefix } from './redis.js';
import { createDatabase, type AdapterName, type Answer } from './reference-api.js';
import { takeAlong } from './time-travel.js';
import { encode, signText, TEST_AUDIENCE } from './tokens.js';

export const OWN_ISSUER = 'https://api.test/oauth';
export const seeder = { actor: 'seed' } as const;

/** What both gates let through, told back. */
const seen = ({ client, user, scope, roles }: Caller) => ({
  client: client.clientId,
  user: user?.subject ?? null,
  scope: [...scope].sort(),
  roles: [...roles].sort(),
});

/** Fastify's reply carries the response that Express hands over. */
interface Replying {
  readonly raw?: ServerResponse;
}

@Controller('probe')
class ProbeController {
  @Get()
  @Scopes('invoices:read')
  any(@CurrentCaller() caller: Caller) {
    return seen(caller);
  }

  @Get('strict')
  @Scopes('invoices:read')
  @Revocation('strict')
  strict(@CurrentCaller() caller: Caller) {
    return seen(caller);
  }

  @Get('stale')
  @Scopes('invoices:read')
  @Revocation('stale')
  stale(@CurrentCaller() caller: Caller) {
    return seen(caller);
  }

  /** Stays open until the caller ends, and says why. */
  @Get('stream')
  @Scopes('invoices:read')
  stream(@CurrentCaller() { signal }: Caller, @Res() response: ServerResponse & Replying) {
    const raw = response.raw ?? response;
    raw.writeHead(200, { 'content-type': 'text/plain' }).write('open ');
    signal.addEventListener('abort', () => raw.end((signal.reason as SallyportError).code));
  }

  @Post('signed')
  @SignedRequest()
  signed(@CurrentCaller() caller: Caller) {
    return seen(caller);
  }

  @Post('aws4')
  @SignedRequest({ scheme: 'aws4-hmac-sha256' })
  aws4(@CurrentCaller() caller: Caller) {
    return seen(caller);
  }

  @Get('signed/stream')
  @SignedRequest()
  signedStream(@CurrentCaller() caller: Caller, @Res() response: ServerResponse & Replying) {
    this.stream(caller, response);
  }

  @Get('app')
  @ApiKey()
  app(@CurrentCaller() caller: Caller) {
    return seen(caller);
  }
}

@Module({})
class InstanceModule {}

const options = {
  issuer: OWN_ISSUER,
  audience: TEST_AUDIENCE,
  publicOrigin: 'https://api.test',
  basic: true,
  roles: {
    viewer: ['invoices:read'],
    editor: ['viewer', 'invoices:write'],
  },
  throttling: {
    address: false,
    client: {
      reads: { limit: 1_000_000, windowSeconds: 60 },
      writes: { limit: 1_000_000, windowSeconds: 60 },
    },
    user: false,
  },
} satisfies SallyportOptions;

export interface Credentials {
  readonly key?: string;
  readonly token?: string;
  readonly basic?: readonly [clientId: string, secret: string];
}

interface Call extends Credentials {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One running app with administration and a route to try credentials on. */
export class Instance {
  constructor(
    readonly app: INestApplication,
    readonly url: string,
  ) {
    // On a busy machine a connection may be closed as idle just when the next request is sent through it.
    (app.getHttpServer() as Server).keepAliveTimeout = 60_000;
  }

  get<T>(type: Type<T> | (abstract new (...args: never[]) => T)): T {
    return this.app.get(type);
  }

  async call(
    path: string,
    { key, token, basic, body, method, headers }: Call = {},
  ): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        ...(key !== undefined && { 'x-api-key': key }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(basic !== undefined && {
          authorization: `Basic ${Buffer.from(basic.join(':')).toString('base64')}`,
        }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = (response.headers.get('content-type') ?? '').includes('json');
    return {
      status: response.status,
      headers: response.headers,
      body: isJson ? (JSON.parse(text) as unknown) : text,
    };
  }

  async probe(credentials: Credentials, route: '' | '/strict' | '/stale' = ''): Promise<number> {
    return (await this.call(`/probe${route}`, credentials)).status;
  }

  /** A token of our own, with the epochs and roles of this moment, as the authorization server will write it. */
  async token(claims: {
    readonly sub: string;
    readonly client_id: string;
    readonly [claim: string]: unknown;
  }): Promise<string> {
    const { kid, algorithm, privateKey } = await this.get(SigningKeyService).activeKey();
    const user = { issuer: OWN_ISSUER, subject: claims.sub };
    const epochs = await this.get(RevocationService).currentEpochs({
      user,
      clientId: claims.client_id,
    });
    const iat = Math.floor(Date.now() / 1000);
    const payload = {
      iss: OWN_ISSUER,
      aud: TEST_AUDIENCE,
      sub_type: 'user',
      scope: 'invoices:read invoices:write',
      roles: ['viewer'],
      jti: randomBytes(8).toString('hex'),
      iat,
      exp: iat + 300,
      uep: epochs.user,
      cep: epochs.client,
      rv: epochs.roleVersion,
      ...claims,
    };
    const input = `${encode({ alg: algorithm, kid, typ: 'at+jwt' })}.${encode(payload)}`;
    return `${input}.${signText(algorithm, privateKey, input).toString('base64url')}`;
  }
}

export async function startInstance(
  adapter: AdapterName,
  {
    stores,
    imports = [],
    tls,
    http2 = false,
    ...others
  }: Partial<SallyportOptions> & {
    readonly stores?: DynamicModule;
    readonly imports?: readonly DynamicModule[];
    /** TLS that ends here. @default none */
    readonly tls?: ServerOptions;
    /** Only Fastify speaks it. @default false */
    readonly http2?: boolean;
  },
): Promise<Instance> {
  const module: DynamicModule = {
    module: InstanceModule,
    imports: [
      ...imports,
      SallyportModule.forRoot({
        ...options,
        ...others,
        ...(stores !== undefined && { stores }),
      }),
      AdminModule.forRoot(),
    ],
    controllers: [ProbeController],
    providers: [{ provide: APP_FILTER, useClass: HttpProblemFilter }],
  };
  const start = { logger: false, abortOnError: false } as const;
  const app =
    adapter === 'fastify'
      ? await NestFactory.create(module, fastify(tls, http2), start)
      : await NestFactory.create(module, {
          ...start,
          ...(tls !== undefined && { httpsOptions: tls as HttpsOptions }),
        });
  await app.listen(0, '127.0.0.1');
  takeAlong(app);
  return new Instance(app, await app.getUrl());
}

type HttpsOptions = NonNullable<NestApplicationOptions['httpsOptions']>;

function fastify(tls: ServerOptions | undefined, http2: boolean): FastifyAdapter {
  if (http2)
    return new FastifyAdapter({ http2: true, ...(tls !== undefined && { https: tls }) } as never);
  return tls === undefined ? new FastifyAdapter() : new FastifyAdapter({ https: tls });
}

/** `operator` may administer; `shop` is an app with a key; `mobile` is where users sign in. */
export async function seedClients(instance: Instance): Promise<string> {
  const clients = instance.get(ClientService);
  const scope = ['invoices:read', 'invoices:write'];
  const type = 'confidential';
  await clients.register(
    { clientId: 'operator', name: 'Operator', type, scope: ['sallyport:admin', ...scope] },
    seeder,
  );
  for (const clientId of ['shop', 'mobile']) {
    await clients.register({ clientId, name: clientId, type, scope }, seeder);
  }
  const key = { clientId: 'operator', name: 'admin', scope: ['sallyport:admin'] };
  return (await instance.get(ApiKeyService).issue(key, seeder)).plaintext;
}

export const issueSecret = async (instance: Instance, clientId: string) =>
  instance.get(ClientSecretService).issue(clientId, seeder);

export interface Instances {
  /** Two that share all their stores; on embedded stores, one under both names. */
  readonly both: readonly [Instance, Instance];
  readonly admin: string;
  close(): Promise<void>;
}

export interface InstanceSet {
  readonly name: string;
  open(): Promise<Instances>;
}

const { TEST_DATABASE_URL: databaseUrl, TEST_REDIS_URL: redisUrl } = process.env;
export const testKek = () => `test:${randomBytes(32).toString('base64url')}`;

async function openEmbedded(): Promise<Instances> {
  const only = await startInstance('express', {
    environment: 'production',
    singleInstance: true,
    imports: [
      TypeOrmModule.forRoot({
        ...embeddedDataSourceOptions({ directory: 'memory://' }),
        autoLoadEntities: true,
      }),
    ],
    stores: embeddedStores({ kek: testKek() }),
  });
  return { both: [only, only], admin: await seedClients(only), close: () => only.app.close() };
}

/** Two instances, one on each adapter, on one new database and the given Redis. */
export async function openShared(
  database: string,
  redis: string,
  { kek = testKek(), ...others }: { readonly kek?: string } & Partial<SallyportOptions> = {},
) {
  const prefix = ownPrefix();
  const start = (adapter: AdapterName): Promise<Instance> =>
    startInstance(adapter, {
      environment: 'production',
      ...others,
      imports: [
        TypeOrmModule.forRoot({
          ...postgresDataSourceOptions(database),
          autoLoadEntities: true,
          retryAttempts: 0,
        }),
      ],
      stores: productionStores({ redis, kek, redisKeyPrefix: prefix, runMigrations: true }),
    });
  const both = [await start('express'), await start('fastify')] as const;
  return {
    prefix,
    both,
    admin: await seedClients(both[0]),
    /** One more, which whoever starts it closes. */
    start,
    close: async () => {
      for (const { app } of both) await app.close();
    },
  };
}

/** Instances on embedded stores always, and on real ones where there are any. */
export const instanceSets: readonly InstanceSet[] = [
  { name: 'one instance on PGlite', open: openEmbedded },
  ...(databaseUrl === undefined || redisUrl === undefined
    ? []
    : [
        {
          name: 'two instances on PostgreSQL and Redis',
          async open() {
            const database = await createDatabase(databaseUrl);
            const opened = await openShared(database.url, redisUrl);
            return {
              ...opened,
              async close() {
                await opened.close();
                await dropPrefix(redisUrl, opened.prefix);
                await database.drop();
              },
            };
          },
        },
      ]),
];
