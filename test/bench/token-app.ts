import type { AddressInfo } from 'node:net';
import { Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { LoginDriver } from '../../apps/reference-api/src/tools/login-driver.js';
import {
  AuthorizationServerModule,
  UserDirectory,
  type AuthenticatedUser,
  type PasswordLogin,
} from '../../libs/sallyport/src/authorization-server/index.js';
import { ClientSecretService, ClientService } from '../../libs/sallyport/src/index.js';
import { AUDIENCE, BY, guardedApp, OWN_ISSUER } from './apps.js';
import { onRealStores, type RealStores } from './real-stores.js';
import { CLIENT_ID, SCOPE } from './token-client.js';

const REDIRECT_URI = 'https://shop.test/callback';
const ALICE = { username: 'alice', password: "alice's password", sub: 'alice' };

/** One user, whose password costs nothing to compare. */
class BenchUsers extends UserDirectory {
  override async subjectOf(username: string): Promise<string | null> {
    return username === ALICE.username ? ALICE.sub : null;
  }

  override async authenticate({ password }: PasswordLogin): Promise<AuthenticatedUser | null> {
    return password === ALICE.password ? { subject: ALICE.sub, amr: ['pwd'] } : null;
  }

  override async findBySub(subject: string): Promise<{ readonly subject: string }> {
    return { subject };
  }

  override async claims(sub: string): Promise<Readonly<Record<string, unknown>>> {
    return { sub };
  }
}

@Module({ providers: [BenchUsers], exports: [BenchUsers] })
class BenchUsersModule {}

/** An app that is an authorization server; on memory stores if none are given. */
export async function authorizationServer(
  adapter: 'express' | 'fastify',
  stores: RealStores | null,
): Promise<INestApplication> {
  const [options, imports] =
    stores === null ? [{ environment: 'development' as const }, []] : onRealStores(stores);
  const server = AuthorizationServerModule.forRoot({
    userDirectory: BenchUsers,
    imports: [BenchUsersModule],
  });
  const module = guardedApp(options, [...imports, server]);
  const settings = { logger: ['error', 'fatal'] as ('error' | 'fatal')[] };
  const app =
    adapter === 'fastify'
      ? await NestFactory.create(module, new FastifyAdapter(), settings)
      : await NestFactory.create(module, settings);
  await app.listen(0, '127.0.0.1');
  return app;
}

/** Registers the client that asks for tokens; its secret. */
export async function seedClient(app: INestApplication): Promise<string> {
  await app.get(ClientService).register(
    {
      clientId: CLIENT_ID,
      name: CLIENT_ID,
      type: 'confidential',
      scope: SCOPE.split(' '),
      grantTypes: ['client_credentials', 'authorization_code', 'refresh_token'],
      redirectUris: [REDIRECT_URI],
    },
    BY,
  );
  return (await app.get(ClientSecretService).issue(CLIENT_ID, BY)).plaintext;
}

/** Signs alice in so many times; the refresh token of each. */
export async function seedLogins(
  app: INestApplication,
  secret: string,
  count: number,
): Promise<readonly string[]> {
  const { port } = app.getHttpServer().address() as AddressInfo;
  const client = { client_id: CLIENT_ID, client_secret: secret, redirect_uris: [REDIRECT_URI] };
  const demo = {
    issuer: OWN_ISSUER,
    api: AUDIENCE,
    clients: [{ ...client, scope: SCOPE }],
    apiKeys: [],
    users: [ALICE],
  };
  const driver = new LoginDriver(demo, `http://127.0.0.1:${port}`);
  const tokens: string[] = [];
  for (let login = 0; login < count; login++) {
    const answer = await driver.token({ client: CLIENT_ID, user: ALICE.username });
    tokens.push(answer.refresh_token ?? '');
  }
  return tokens;
}
