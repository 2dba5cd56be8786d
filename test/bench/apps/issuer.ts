import type { AddressInfo } from 'node:net';
import { Module, type DynamicModule, type INestApplication } from '@nestjs/common';
import { LoginDriver } from '../../../apps/reference-api/src/tools/login-driver.js';
import {
  AuthorizationServerModule,
  UserDirectory,
  type AuthenticatedUser,
  type PasswordLogin,
} from '../../../libs/sallyport/src/authorization-server/index.js';
import { ClientSecretService, ClientService } from '../../../libs/sallyport/src/index.js';
import { guardedApp } from './guarded.js';
import { InvoicesController } from './handlers.js';
import { AUDIENCE, BY, CLIENT, OWN_ISSUER, SCOPE } from './names.js';
import { onRealStores, type RealStores } from './real-stores.js';

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
export function issuerApp(stores: RealStores | null): DynamicModule {
  const [base, imports] =
    stores === null ? [{ environment: 'development' as const }, []] : onRealStores(stores);
  const server = AuthorizationServerModule.forRoot({
    userDirectory: BenchUsers,
    imports: [BenchUsersModule],
  });
  return guardedApp({
    base,
    imports: [...imports, server],
    controllers: [InvoicesController],
    limits: 'leased',
    headers: true,
    algorithm: 'ES256',
  });
}

/** Registers the client that asks for tokens; its secret. */
export async function registerIssuerClient(app: INestApplication): Promise<string> {
  await app.get(ClientService).register(
    {
      clientId: CLIENT,
      name: CLIENT,
      type: 'confidential',
      scope: SCOPE.split(' '),
      grantTypes: ['client_credentials', 'authorization_code', 'refresh_token'],
      redirectUris: [REDIRECT_URI],
    },
    BY,
  );
  return (await app.get(ClientSecretService).issue(CLIENT, BY)).plaintext;
}

/** Signs alice in so many times; the refresh token of each. */
export async function signIn(
  app: INestApplication,
  secret: string,
  count: number,
): Promise<readonly string[]> {
  const { port } = app.getHttpServer().address() as AddressInfo;
  const client = { client_id: CLIENT, client_secret: secret, redirect_uris: [REDIRECT_URI] };
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
    const answer = await driver.token({ client: CLIENT, user: ALICE.username });
    tokens.push(answer.refresh_token ?? '');
  }
  return tokens;
}
