import type { IncomingMessage, ServerResponse } from 'node:http';
import pg from 'pg';
import { AUDIENCE, SCOPE } from '../apps/names.js';
import { rival } from './rival.js';

interface Api {
  signUpEmail(input: object): Promise<{ headers: Headers; response: { user: { id: string } } }>;
  createApiKey(input: object): Promise<{ key: string }>;
  verifyApiKey(input: { body: { key: string } }): Promise<{ valid: boolean }>;
  adminCreateOAuthClient(input: object): Promise<{ client_id: string; client_secret: string }>;
}

interface Auth {
  readonly api: Api;
  readonly options: object;
}

interface BetterAuth {
  betterAuth(options: object): Auth;
}
interface MemoryAdapter {
  memoryAdapter(database: object): object;
}
interface Migration {
  getMigrations(options: object): Promise<{ runMigrations(): Promise<void> }>;
}
type Plugin = (options: object) => object;
interface NodeIntegration {
  toNodeHandler(auth: Auth): (request: IncomingMessage, response: ServerResponse) => unknown;
}

const TABLES = ['user', 'session', 'account', 'verification', 'apikey', 'jwks'].concat(
  ['oauthClient', 'oauthRefreshToken', 'oauthAccessToken', 'oauthConsent'],
  ['oauthResource', 'oauthClientResource'],
);
const POOL_SIZE = 10;

/** better-auth with its plugins for API keys and OAuth, as its documentation shows, without its own rate limits. */
export class Rival {
  private constructor(
    readonly auth: Auth,
    private readonly userId: string,
    private readonly headers: Headers,
    readonly close: () => Promise<void>,
  ) {}

  /** In memory if no database is given. */
  static async start(databaseUrl: string | null): Promise<Rival> {
    const { memoryAdapter } = await rival<MemoryAdapter>('better-auth/adapters/memory');
    const pool = databaseUrl === null ? null : poolOf(databaseUrl);
    const tables = Object.fromEntries(TABLES.map((table) => [table, []]));
    const auth = await authOn(pool ?? memoryAdapter(tables));
    if (pool !== null) {
      const { getMigrations } = await rival<Migration>('better-auth/db/migration');
      await (await getMigrations(auth.options)).runMigrations();
    }
    const { headers, response } = await auth.api.signUpEmail({
      body: { email: 'bench@example.test', password: crypto.randomUUID(), name: 'bench' },
      returnHeaders: true,
    });
    const cookie = headers.getSetCookie().map((line) => line.split(';')[0]);
    const signedIn = new Headers({ cookie: cookie.join('; ') });
    return new Rival(auth, response.user.id, signedIn, async () => pool?.end());
  }

  async issueKeys(count: number): Promise<readonly string[]> {
    const keys: string[] = [];
    for (let key = 0; key < count; key++) {
      const body = { userId: this.userId, name: `bench ${key}` };
      keys.push((await this.auth.api.createApiKey({ body })).key);
    }
    return keys;
  }

  async verify(key: string): Promise<boolean> {
    return (await this.auth.api.verifyApiKey({ body: { key } })).valid;
  }

  /** A client for client credentials: its id and secret as HTTP Basic. */
  async registerClient(): Promise<string> {
    const client = await this.auth.api.adminCreateOAuthClient({
      headers: this.headers,
      body: {
        client_name: 'shop',
        redirect_uris: ['https://shop.test/callback'],
        grant_types: ['client_credentials'],
        token_endpoint_auth_method: 'client_secret_basic',
        scope: SCOPE,
        client_credentials_scopes: SCOPE.split(' '),
      },
    });
    const text = `${client.client_id}:${client.client_secret}`;
    return `Basic ${Buffer.from(text).toString('base64')}`;
  }

  async handler(): Promise<ReturnType<NodeIntegration['toNodeHandler']>> {
    const { toNodeHandler } = await rival<NodeIntegration>('better-auth/node');
    return toNodeHandler(this.auth);
  }
}

const poolOf = (connectionString: string) => new pg.Pool({ connectionString, max: POOL_SIZE });

/** Resources are cached, which it offers: a token then costs it no look-up of the API. */
async function authOn(database: object): Promise<Auth> {
  const { betterAuth } = await rival<BetterAuth>('better-auth');
  const { jwt } = await rival<{ jwt: Plugin }>('better-auth/plugins');
  const { apiKey } = await rival<{ apiKey: Plugin }>('@better-auth/api-key');
  const { oauthProvider } = await rival<{ oauthProvider: Plugin }>('@better-auth/oauth-provider');
  const oauth = {
    loginPage: '/login',
    consentPage: '/consent',
    scopes: ['openid', ...SCOPE.split(' ')],
    resources: [AUDIENCE],
    cachedResources: new Set([AUDIENCE]),
    enforcePerClientResources: false,
    clientPrivileges: () => true,
    silenceWarnings: { oauthAuthServerConfig: true, openidConfig: true },
  };
  return betterAuth({
    secret: `${crypto.randomUUID()}${crypto.randomUUID()}`,
    baseURL: 'http://localhost:3000',
    telemetry: { enabled: false },
    rateLimit: { enabled: false },
    logger: { level: 'error' },
    emailAndPassword: { enabled: true },
    database,
    disabledPaths: ['/token'],
    plugins: [
      apiKey({ rateLimit: { enabled: false } }),
      jwt({ jwks: { keyPairConfig: { alg: 'ES256' } } }),
      oauthProvider(oauth),
    ],
  });
}
