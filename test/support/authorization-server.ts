import { createHash, randomBytes } from 'node:crypto';
import type { ServerOptions } from 'node:https';
import { Injectable, Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  ClientSecretService,
  ClientService,
  RoleGrantService,
  type NewClient,
  type SallyportOptions,
} from '@sallyport/nest';
import {
  AuthorizationServerModule,
  UserDirectory,
  type AuthenticatedUser,
  type AuthorizationServerOptions,
  type PasswordLogin,
} from '@sallyport/nest/authorization-server';
import { embeddedDataSourceOptions, embeddedStores } from '@sallyport/nest/embedded';
import { productionStores } from '@sallyport/nest/production';
import { postgresDataSourceOptions } from '@sallyport/nest/typeorm';
import { OWN_ISSUER, seeder, startInstance, testKek, type Instance } from './instances.js';
import { DeadEnd } from './patience.js';
import type { AdapterName } from './reference-api.js';

export const ISSUER = OWN_ISSUER;
export const REDIRECT_URI = 'https://shop.test/callback';

/** The users of the test: everybody's password is `<name>'s password`, until a test changes it. */
@Injectable()
export class TestUsers extends UserDirectory {
  private static readonly passwords = new Map<string, string>();

  /** For every instance of this process. */
  static setPassword(subject: string, password: string): void {
    TestUsers.passwords.set(subject, password);
  }

  static passwordOf(subject: string): string {
    return TestUsers.passwords.get(subject) ?? `${subject}'s password`;
  }

  override async subjectOf(username: string): Promise<string | null> {
    return ['alice', 'bob', 'carol'].includes(username) ? username : null;
  }

  override async authenticate(login: PasswordLogin): Promise<AuthenticatedUser | null> {
    const subject = await this.subjectOf(login.username);
    if (subject === null || login.password !== TestUsers.passwordOf(subject)) return null;
    return { subject, amr: ['pwd'] };
  }

  override async findBySub(subject: string): Promise<{ readonly subject: string } | null> {
    const known = await this.subjectOf(subject);
    return known === null ? null : { subject: known };
  }

  override async claims(
    subject: string,
    scope: ReadonlySet<string>,
  ): Promise<Readonly<Record<string, unknown>>> {
    return {
      sub: subject,
      ...(scope.has('profile') && { preferred_username: subject }),
      ...(scope.has('email') && { email: `${subject}@example.com`, email_verified: true }),
    };
  }
}

export interface ServerSettings {
  readonly adapter?: AdapterName;
  /** Memory unless said otherwise. */
  readonly stores?: TestStores;
  readonly server?: AuthorizationServerOptions;
  readonly sallyport?: Partial<SallyportOptions>;
  readonly imports?: readonly DynamicModule[];
  /** TLS that ends here. @default none */
  readonly tls?: ServerOptions;
  /** Only Fastify speaks it. @default false */
  readonly http2?: boolean;
}

export type TestStores =
  | { readonly kind: 'memory' }
  | { readonly kind: 'pglite' }
  | {
      readonly kind: 'real';
      readonly databaseUrl: string;
      readonly redisUrl: string;
      readonly prefix: string;
      readonly kek: string;
    };

/** An app that is nothing but an authorization server, an API to try its tokens on (`/probe`) and `/admin`. */
export async function startAuthorizationServer(settings: ServerSettings = {}): Promise<Instance> {
  const { adapter = 'express', stores = { kind: 'memory' }, sallyport = {} } = settings;
  const server = AuthorizationServerModule.forRoot({
    ...settings.server,
    userDirectory: TestUsers,
    imports: [usersModule],
  });
  return startInstance(adapter, {
    ...(stores.kind === 'memory' && { environment: 'development' }),
    ...(stores.kind === 'pglite' && { environment: 'production', singleInstance: true }),
    ...(stores.kind === 'real' && { environment: 'production' }),
    ...sallyport,
    imports: [...databaseOf(stores), ...(settings.imports ?? []), server],
    ...storesOf(stores),
    ...(settings.tls !== undefined && { tls: settings.tls }),
    ...(settings.http2 !== undefined && { http2: settings.http2 }),
  });
}

@Module({})
class UsersModule {}
const usersModule: DynamicModule = {
  module: UsersModule,
  providers: [TestUsers],
  exports: [TestUsers],
};

function databaseOf(stores: TestStores): DynamicModule[] {
  if (stores.kind === 'memory') return [];
  const database =
    stores.kind === 'pglite'
      ? embeddedDataSourceOptions({ directory: 'memory://' })
      : postgresDataSourceOptions(stores.databaseUrl);
  return [TypeOrmModule.forRoot({ ...database, autoLoadEntities: true, retryAttempts: 0 })];
}

function storesOf(stores: TestStores): { stores?: DynamicModule } {
  switch (stores.kind) {
    case 'memory':
      return {};
    case 'pglite':
      return { stores: embeddedStores({ kek: testKek() }) };
    case 'real': {
      const { redisUrl: redis, kek, prefix } = stores;
      return {
        stores: productionStores({ redis, kek, redisKeyPrefix: prefix, runMigrations: true }),
      };
    }
  }
}

export interface TestClient {
  readonly clientId: string;
  /** Null: public. */
  readonly secret: string | null;
  readonly redirectUri: string;
}

/** Registers a confidential client for code and refresh unless the fields say otherwise; with a secret if it can have one. */
export async function registerClient(
  server: Instance,
  clientId = 'shop',
  fields: Partial<NewClient> = {},
): Promise<TestClient> {
  const client: NewClient = {
    clientId,
    name: clientId,
    type: 'confidential',
    scope: ['invoices:read', 'invoices:write'],
    grantTypes: ['authorization_code', 'refresh_token'],
    redirectUris: [REDIRECT_URI],
    ...fields,
  };
  await server.get(ClientService).register(client, seeder);
  const { jwks = null, tlsClientAuth = null, selfSignedCertificates = null } = client;
  const hasOther = [jwks, tlsClientAuth, selfSignedCertificates].some((own) => own !== null);
  const hasSecret = client.type === 'confidential' && !hasOther;
  const secret = hasSecret
    ? (await server.get(ClientSecretService).issue(clientId, seeder)).plaintext
    : null;
  return { clientId, secret, redirectUri: client.redirectUris?.[0] ?? '' };
}

/** Gives a user a role in every client, so that `/probe` lets their tokens in. */
export const grantRole = (server: Instance, subject: string, role = 'editor'): Promise<boolean> =>
  server
    .get(RoleGrantService)
    .grant({ user: { issuer: ISSUER, subject }, clientId: null, role }, seeder);

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Parsed, where it is JSON. */
  readonly body: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- what a server says is checked by the assertions
}

/** Sends to an instance what is meant for the issuer; follows no redirect. */
export async function send(
  server: Pick<Instance, 'url'>,
  target: string | URL,
  init: RequestInit = {},
): Promise<HttpAnswer> {
  const { pathname, search } = new URL(target, ISSUER);
  const response = await fetch(`${server.url}${pathname}${search}`, {
    redirect: 'manual',
    ...init,
  });
  const text = await response.text();
  const isJson = (response.headers.get('content-type') ?? '').includes('json');
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson && text !== '' ? (JSON.parse(text) as unknown) : null,
  };
}

type Parameters = Readonly<Record<string, string | readonly string[]>>;

/** As a form or query: a list becomes a parameter that comes several times. */
export function form(parameters: Parameters): URLSearchParams {
  const encoded = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const each of [value].flat()) encoded.append(name, each);
  }
  return encoded;
}

/** A POST to one of the issuer's endpoints, authenticated by `client_secret_basic` or, for public clients, `client_id`. */
export function post(
  server: Pick<Instance, 'url'>,
  endpoint: 'token' | 'revoke' | 'introspect' | 'par',
  client: Pick<TestClient, 'clientId' | 'secret'> | null,
  parameters: Parameters,
  headers: Readonly<Record<string, string>> = {},
): Promise<HttpAnswer> {
  const own = client?.secret === null ? { client_id: client.clientId } : {};
  const secret = client?.secret ?? null;
  return send(server, `/oauth/${endpoint}`, {
    method: 'POST',
    body: form({ ...own, ...parameters }),
    headers: {
      ...(client !== null && secret !== null && { authorization: basic(client.clientId, secret) }),
      ...headers,
    },
  });
}

export const basic = (id: string, secret: string): string =>
  `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`;

export const refresh = (
  server: Pick<Instance, 'url'>,
  client: TestClient,
  refreshToken: string,
  more: Parameters = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<HttpAnswer> => {
  const grant = { grant_type: 'refresh_token', refresh_token: refreshToken };
  return post(server, 'token', client, { ...grant, ...more }, headers);
};

/** What an authorization request gave, with what its redemption needs. */
export interface Authorization {
  readonly code: string;
  readonly verifier: string;
  readonly redirectUri: string;
}

export const redeem = (
  server: Pick<Instance, 'url'>,
  client: TestClient,
  { code, verifier, redirectUri }: Authorization,
  more: Parameters = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<HttpAnswer> => {
  const grant = { grant_type: 'authorization_code', code, redirect_uri: redirectUri };
  return post(server, 'token', client, { ...grant, code_verifier: verifier, ...more }, headers);
};

export const challengeOf = (verifier: string): string =>
  createHash('sha256').update(verifier).digest('base64url');
export const newVerifier = (): string => randomBytes(32).toString('base64url');

const deadEnd = ({ status, text }: HttpAnswer, who: string): DeadEnd =>
  new DeadEnd(`${who} answered ${String(status)}: ${text.slice(0, 2000)}`, status === 503);

/** One browser: its cookies, and the forms that it fills in. */
export class Browser {
  private readonly cookies = new Map<string, { value: string; path: string }>();

  constructor(
    private readonly server: Pick<Instance, 'url'>,
    private readonly subject = 'alice',
  ) {}

  /** GET, or POST of a form, at the issuer; keeps the cookies. */
  async open(target: string | URL, fields?: Parameters): Promise<HttpAnswer> {
    const url = new URL(target, ISSUER);
    const cookie = [...this.cookies]
      .filter(
        ([, { path }]) =>
          url.pathname === path || url.pathname.startsWith(path.replace(/\/?$/, '/')),
      )
      .map(([key, { value }]) => `${key.split(' ')[0] ?? ''}=${value}`)
      .join('; ');
    const answer = await send(this.server, url, {
      headers: {
        ...(cookie !== '' && { cookie }),
        accept: 'text/html',
        'user-agent': 'Test browser',
      },
      ...(fields !== undefined && { method: 'POST', body: form(fields) }),
    });
    for (const line of answer.headers.getSetCookie()) this.keep(line);
    return answer;
  }

  /** Starts an authorization request and answers every page until it leads back to the client. */
  async visit(parameters: Parameters, decision: 'allow' | 'deny' = 'allow'): Promise<URL> {
    let answer = await this.open(`/oauth/authorize?${form(parameters).toString()}`);
    let at = new URL('/oauth/authorize', ISSUER);
    for (let step = 0; step < 12; step += 1) {
      const location = answer.headers.get('location');
      if (location === null) {
        const question = readQuestion(answer.text);
        if (question === null) throw deadEnd(answer, 'a page');
        const { action, csrf, asks } = question;
        answer = await this.open(
          new URL(action, at),
          asks === 'consent'
            ? { csrf, decision }
            : { csrf, username: this.subject, password: TestUsers.passwordOf(this.subject) },
        );
        if (answer.status !== 303) throw deadEnd(answer, `the ${asks} page`);
        continue;
      }
      const next = new URL(location, at);
      if (next.origin !== new URL(ISSUER).origin) return next;
      at = next;
      answer = await this.open(next);
    }
    throw new Error('the login leads in a circle');
  }

  /** A code for the client, by signing in if need be. */
  async authorize(client: TestClient, more: Parameters = {}): Promise<Authorization> {
    const verifier = newVerifier();
    const { redirectUri } = client;
    const url = await this.visit({
      ...authorizationRequest(client, verifier),
      ...more,
    });
    const code = url.searchParams.get('code');
    if (code === null) {
      const isBusy = url.searchParams.get('error') === 'temporarily_unavailable';
      throw new DeadEnd(`no code: ${url.search}`, isBusy);
    }
    return { code, verifier, redirectUri };
  }

  /** The token response of a whole login. */
  async login(client: TestClient, more: Parameters = {}): Promise<HttpAnswer['body']> {
    const answer = await redeem(this.server, client, await this.authorize(client, more));
    if (answer.status !== 200) throw deadEnd(answer, 'the token endpoint');
    return answer.body;
  }

  private keep(line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const at = pair.indexOf('=');
    const path = attributes.find((text) => /^path=/i.test(text))?.slice(5) ?? '/';
    const key = `${pair.slice(0, at)} ${path}`;
    const expires = attributes.find((text) => /^expires=/i.test(text))?.slice(8);
    const value = pair.slice(at + 1);
    const isOver = expires !== undefined && Date.parse(expires) < Date.now();
    if (isOver || value === '') this.cookies.delete(key);
    else this.cookies.set(key, { value, path });
  }
}

/** A right authorization request of this client. */
export const authorizationRequest = (
  client: TestClient,
  verifier: string,
): Record<string, string> => ({
  response_type: 'code',
  client_id: client.clientId,
  redirect_uri: client.redirectUri,
  scope: 'invoices:read invoices:write',
  state: 'state-1',
  code_challenge: challengeOf(verifier),
  code_challenge_method: 'S256',
});

/** The form of one of our pages; null where there is none. */
export function readQuestion(
  html: string,
): { readonly action: string; readonly csrf: string; readonly asks: 'login' | 'consent' } | null {
  const [, action = '', asks, fields = ''] =
    /<form\b[^>]*\baction="([^"]*\/(login|consent))"[^>]*>([\s\S]*?)<\/form>/.exec(html) ?? [];
  if (asks !== 'login' && asks !== 'consent') return null;
  return { action, asks, csrf: /\bname="csrf" value="([^"]*)"/.exec(fields)?.[1] ?? '' };
}
