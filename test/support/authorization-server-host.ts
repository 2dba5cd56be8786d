import { request, type IncomingHttpHeaders } from 'node:http';
import {
  Body,
  Controller,
  Get,
  Module,
  Post,
  type DynamicModule,
  type INestApplication,
  type NestApplicationOptions,
  type Provider,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Public, SallyportModule, type SallyportOptions } from '@sallyport/nest';
import {
  AuthorizationServerModule,
  type AuthorizationServerOptions,
} from '@sallyport/nest/authorization-server';
import { registerClient, TestUsers } from './authorization-server.js';
import { Instance } from './instances.js';
import { LoginDriver } from '../../apps/reference-api/src/tools/login-driver.js';
import type { AdapterName } from './reference-api.js';
import { TEST_AUDIENCE } from './tokens.js';

/** What a host decides by itself. */
export interface HostSettings {
  readonly issuer: string;
  /** @default Nest's own: bodies are parsed */
  readonly create?: NestApplicationOptions;
  /** What it does between creating and starting its app. */
  readonly prepare?: (app: INestApplication) => void;
  readonly providers?: readonly Provider[];
  readonly sallyport?: Partial<SallyportOptions>;
  readonly server?: AuthorizationServerOptions;
}

/** A route of the host's own, which wants its bodies parsed, and one that is closed. */
@Controller('own')
class OwnController {
  @Public() @Post('echo') echo(@Body() body: unknown) {
    return { body: body ?? null };
  }
  @Get('closed') closed() {
    return 'closed';
  }
}

@Module({})
class HostModule {}

@Module({ providers: [TestUsers], exports: [TestUsers] })
class UsersModule {}

/** A host's app with an authorization server in it, on memory stores. */
export async function startHost(adapter: AdapterName, settings: HostSettings): Promise<Instance> {
  const { create, prepare } = settings;
  const host = hostModule(settings);
  const start = { logger: false, abortOnError: false, ...create } as const;
  const app =
    adapter === 'fastify'
      ? await NestFactory.create(host, new FastifyAdapter(), start)
      : await NestFactory.create(host, start);
  prepare?.(app);
  await app.listen(0, '127.0.0.1');
  return new Instance(app, await app.getUrl());
}

/** The host itself, for those who start it in another way. */
export function hostModule({
  issuer,
  providers = [],
  sallyport,
  server,
}: HostSettings): DynamicModule {
  return {
    module: HostModule,
    imports: [
      SallyportModule.forRoot({
        issuer,
        audience: TEST_AUDIENCE,
        environment: 'development',
        throttling: { address: false },
        ...sallyport,
      }),
      AuthorizationServerModule.forRoot({
        ...server,
        userDirectory: TestUsers,
        imports: [UsersModule],
      }),
    ],
    controllers: [OwnController],
    providers: [...providers],
  };
}

/** Registers `shop`, and signs users in to it at the issuer, which is reached at `url`. */
export async function driverFor(
  host: Instance,
  issuer: string,
  url: string = host.url,
): Promise<{ readonly driver: LoginDriver; readonly secret: string }> {
  const { clientId, secret, redirectUri } = await registerClient(host, 'shop', {
    grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
  });
  const client = { client_id: clientId, client_secret: secret ?? '' };
  const users = [{ username: 'alice', password: TestUsers.passwordOf('alice'), sub: 'alice' }];
  const driver = new LoginDriver(
    {
      issuer,
      api: TEST_AUDIENCE,
      clients: [{ ...client, redirect_uris: [redirectUri], scope: 'invoices:read' }],
      apiKeys: [],
      users,
    },
    url,
  );
  return { driver, secret: client.client_secret };
}

export interface ExactAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

interface ExactRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as a form. */
  readonly form?: Readonly<Record<string, string>>;
}

/** Sends a path and headers exactly as they are given, `Host` too; `fetch` would tidy them up. */
export function sendExactly(
  { url }: Pick<Instance, 'url'>,
  path: string,
  { form, method = form === undefined ? 'GET' : 'POST', headers = {} }: ExactRequest = {},
): Promise<ExactAnswer> {
  const { hostname, port } = new URL(url);
  const body = form === undefined ? '' : new URLSearchParams(form).toString();
  const sent = request({
    hostname,
    port,
    method,
    path,
    agent: false,
    headers: {
      ...(form !== undefined && {
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': `${Buffer.byteLength(body)}`,
      }),
      ...headers,
    },
  });
  const { promise, resolve, reject } = Promise.withResolvers<ExactAnswer>();
  sent.once('error', reject);
  sent.once('response', (response) => {
    response.setEncoding('utf8');
    let text = '';
    response.on('data', (chunk: string) => (text += chunk));
    response.once('error', reject);
    response.once('end', () => {
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
    });
  });
  sent.end(body);
  return promise;
}
