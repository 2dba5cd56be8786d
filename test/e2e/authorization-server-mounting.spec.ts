import { jest } from '@jest/globals';
import {
  RequestMethod,
  VersioningType,
  type CanActivate,
  type INestApplication,
} from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { SallyportError, SigningKeyService } from '@sallyport/nest';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import * as oauth from 'oauth4webapi';
import { AuthenticationGuard } from '../../libs/sallyport/src/credentials/authentication.guard.js';
import { AuthorizationGuard } from '../../libs/sallyport/src/policy/authorization.guard.js';
import { TransportGuard } from '../../libs/sallyport/src/request/transport.guard.js';
import { AddressLimitGuard } from '../../libs/sallyport/src/throttling/address-limit.guard.js';
import { ClientQuotaGuard } from '../../libs/sallyport/src/throttling/client-quota.guard.js';
import {
  driverFor,
  hostModule,
  sendExactly,
  startHost,
  type HostSettings,
} from '../support/authorization-server-host.js';
import {
  authorizationRequest,
  basic,
  ISSUER,
  newVerifier,
  post,
  REDIRECT_URI,
  send,
} from '../support/authorization-server.js';
import { ProofMaker } from '../support/dpop-proof.js';
import type { Instance } from '../support/instances.js';

type Host = readonly [name: string, settings: HostSettings];

const PREFIXED = 'https://api.test/api/oauth';
const hosts: readonly Host[] = [
  ["Nest's own body parsers", { issuer: ISSUER }],
  ['no body parser', { issuer: ISSUER, create: { bodyParser: false } }],
  ['raw bodies kept', { issuer: ISSUER, create: { rawBody: true } }],
  [
    'a global prefix',
    {
      issuer: PREFIXED,
      prepare: (app) => {
        app.setGlobalPrefix('api');
      },
    },
  ],
  [
    'a global prefix for its own routes only',
    {
      issuer: ISSUER,
      prepare: (app) => {
        const method = RequestMethod.ALL;
        const exclude = ['oauth/{*path}', '.well-known/{*path}'];
        app.setGlobalPrefix('api', { exclude: exclude.map((path) => ({ path, method })) });
      },
    },
  ],
  [
    'versions in the paths of its own routes',
    {
      issuer: ISSUER,
      prepare: (app) => {
        app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
      },
    },
  ],
];

/** Every endpoint that is the authorization server's, and how it is asked. */
const endpoints: readonly (readonly [method: 'GET' | 'POST', path: string])[] = [
  ['GET', '/oauth/authorize'],
  ['GET', '/oauth/authorize/some-interaction'],
  ['GET', '/oauth/interaction/some-interaction'],
  ['POST', '/oauth/interaction/some-interaction/login'],
  ['POST', '/oauth/interaction/some-interaction/consent'],
  ['POST', '/oauth/interaction/some-interaction/cancel'],
  ['POST', '/oauth/token'],
  ['POST', '/oauth/revoke'],
  ['POST', '/oauth/introspect'],
  ['POST', '/oauth/par'],
  ['GET', '/oauth/userinfo'],
  ['POST', '/oauth/userinfo'],
  ['GET', '/oauth/jwks'],
  ['GET', '/oauth/logout'],
  ['POST', '/oauth/logout/confirm'],
  ['GET', '/oauth/logout/success'],
  ['GET', '/oauth/assets/style.css'],
  ['GET', '/oauth/.well-known/openid-configuration'],
  ['GET', '/oauth/.well-known/oauth-authorization-server'],
  ['GET', '/.well-known/oauth-authorization-server/oauth'],
];

const CLIENT_CREDENTIALS = { grant_type: 'client_credentials', scope: 'invoices:read' };

describe.each(['express', 'fastify'] as const)('The authorization server, on %s', (adapter) => {
  const running: Instance[] = [];
  const start = async (settings: Partial<HostSettings> = {}): Promise<Instance> => {
    const host = await startHost(adapter, { issuer: ISSUER, ...settings });
    running.push(host);
    return host;
  };
  afterEach(async () => {
    jest.restoreAllMocks();
    for (const { app } of running.splice(0)) await app.close();
  });

  describe.each(hosts)('in a host with %s', (_name, settings) => {
    it('gets its bodies untouched: users sign in and clients obtain tokens [T5]', async () => {
      const host = await start(settings);
      const { driver } = await driverFor(host, settings.issuer);
      await expect(driver.token({ client: 'shop', user: 'alice' })).resolves.toMatchObject({
        token_type: 'Bearer',
        refresh_token: expect.any(String),
      });
      await expect(driver.token({ client: 'shop' })).resolves.toMatchObject({
        scope: 'invoices:read',
      });
    });

    it('names its endpoints by the issuer, and they are there', async () => {
      const host = await start(settings);
      const { pathname } = new URL(settings.issuer);
      const { body } = await send(host, `${pathname}/.well-known/openid-configuration`);
      const document = body as Record<string, unknown>;
      expect(document).toMatchObject({
        issuer: settings.issuer,
        jwks_uri: `${settings.issuer}/jwks`,
      });
      const urls = Object.entries(document).filter(([name]) => /_(endpoint|uri)$/.test(name));
      expect(urls.length).toBeGreaterThan(6);
      for (const [, url] of urls) {
        expect(url).toMatch(new RegExp(`^${settings.issuer}/`));
        const method = /\/(token|revoke|introspect|par)$/.test(String(url)) ? 'POST' : 'GET';
        expect((await send(host, String(url), { method })).status).not.toBe(404);
      }
    });
  });

  describe.each(hosts.filter(([, { create }]) => create?.bodyParser !== false))(
    'in a host with %s',
    (_name, settings) => {
      it('leaves the bodies of its own routes to the host', async () => {
        const host = await start(settings);
        const answers = await Promise.all(
          ['/own/echo', '/api/own/echo', '/v1/own/echo'].map((path) =>
            send(host, path, { method: 'POST', body: new URLSearchParams({ a: '1' }) }),
          ),
        );
        const found = answers.filter(({ status }) => status !== 404);
        expect(found).toMatchObject([{ status: 201, body: { body: { a: '1' } } }]);
      });
    },
  );

  describe('behind our guards', () => {
    it('answers 429 with Retry-After when an address has used up its limit', async () => {
      const throttling = { address: { limit: 2, windowSeconds: 60 } };
      const host = await start({ sallyport: { throttling } });
      const { secret } = await driverFor(host, ISSUER);
      const client = { clientId: 'shop', secret };
      const answers = [];
      for (let n = 0; n < 3; n++)
        answers.push(await post(host, 'token', client, CLIENT_CREDENTIALS));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
      const [, , refused] = answers;
      expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(refused?.headers.get('cache-control')).toBe('no-store');
      expect(refused?.body).toEqual({
        type: 'urn:sallyport:problem:rate-limited',
        title: 'Too many requests',
        status: 429,
        detail: 'Wait 30 s before the next request.',
        policy: 'address',
        error: 'temporarily_unavailable',
      });
    });

    it.each([
      ['token', basic('shop', 'guess')],
      ['introspect', basic('shop', 'guess')],
      ['userinfo', 'Bearer guess.guess.guess'],
    ])('guesses at /oauth/%s use up the failures of their address [C33]', async (at, guess) => {
      const throttling = { failures: { limit: 2, windowSeconds: 3600 } };
      const host = await start({ sallyport: { throttling } });
      const { secret } = await driverFor(host, ISSUER);
      const init = {
        method: 'POST',
        headers: { authorization: guess },
        ...(at !== 'userinfo' && { body: new URLSearchParams(CLIENT_CREDENTIALS) }),
      };
      for (let n = 0; n < 2; n++) {
        expect((await send(host, `/oauth/${at}`, init)).status).toBe(401);
      }
      const right = await post(host, 'token', { clientId: 'shop', secret }, CLIENT_CREDENTIALS);
      expect(right).toMatchObject({ status: 429, body: { policy: 'failures' } });
    });

    it.each(['token', 'par'])(
      'wrong DPoP proofs at /oauth/%s use up the failures of their address, and one without a nonce does not [C33]',
      async (at) => {
        const sallyport = {
          throttling: { failures: { limit: 2, windowSeconds: 3600 } },
          dpop: { requireNonce: true },
        };
        const host = await start({ sallyport });
        const { secret } = await driverFor(host, ISSUER);
        const client = { clientId: 'shop', secret };
        const key = await ProofMaker.create();
        const parameters =
          at === 'token'
            ? CLIENT_CREDENTIALS
            : authorizationRequest({ ...client, redirectUri: REDIRECT_URI }, newVerifier());
        const ask = (DPoP: string) => post(host, at as 'token', client, parameters, { DPoP });
        const htu = `${ISSUER}/${at}`;
        for (let n = 0; n < 3; n++) {
          expect((await ask(await key.proof({ htu }))).body.error).toBe('use_dpop_nonce');
        }
        for (const proof of ['proof', await key.proof({ htu, htm: 'GET' })]) {
          expect((await ask(proof)).body.error).toBe('invalid_dpop_proof');
        }
        expect((await ask(await key.proof({ htu }))).body.policy).toBe('failures');
      },
    );

    it('a client that shows no secret is no guesser, nor is everyone behind its address [C33]', async () => {
      const throttling = { failures: { limit: 1, windowSeconds: 3600 } };
      const host = await start({ sallyport: { throttling } });
      const { secret } = await driverFor(host, ISSUER);
      const body = { grant_type: 'refresh_token', refresh_token: 'r', client_id: 'gone' };
      for (let n = 0; n < 3; n++) {
        expect((await post(host, 'token', null, body)).status).toBe(401);
      }
      const client = { clientId: 'shop', secret };
      expect((await post(host, 'token', client, CLIENT_CREDENTIALS)).status).toBe(200);
      const guess = { ...body, client_id: 'shop', client_secret: 'guess' };
      expect((await post(host, 'token', null, guess)).status).toBe(401);
      expect((await post(host, 'token', client, CLIENT_CREDENTIALS)).status).toBe(429);
    });

    it('is understood by an OAuth client when a guard answers instead of the engine', async () => {
      const host = await start({ sallyport: { throttling: { address: { limit: 0 } } } });
      const server = { issuer: ISSUER, token_endpoint: `${ISSUER}/token` };
      const client = { client_id: 'shop' };
      const response = await oauth.clientCredentialsGrantRequest(
        server,
        client,
        oauth.ClientSecretBasic('secret'),
        CLIENT_CREDENTIALS,
        {
          [oauth.customFetch]: (url, { method, headers, body }) =>
            fetch(host.url + new URL(url).pathname, { method, headers, body }),
        },
      );
      await expect(
        oauth.processClientCredentialsResponse(server, client, response),
      ).rejects.toMatchObject({ status: 429, error: 'temporarily_unavailable' });
    });

    it('says 503 in the same way when its keys cannot be had', async () => {
      const host = await start();
      jest
        .spyOn(host.get(SigningKeyService), 'signingKeys')
        .mockRejectedValue(new SallyportError('ERR_STORE_UNAVAILABLE'));
      const answer = await post(host, 'token', null, CLIENT_CREDENTIALS);
      expect(answer).toMatchObject({
        status: 503,
        body: { type: 'urn:sallyport:problem:unavailable', error: 'temporarily_unavailable' },
      });
    });

    it.each(endpoints)('%s %s costs of the limit too', async (method, path) => {
      const host = await start({ sallyport: { throttling: { address: { limit: 0 } } } });
      const answer = await sendExactly(host, path, method === 'POST' ? { form: {} } : {});
      expect(answer.status).toBe(429);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    });

    it.each(endpoints)('%s %s passes all of them, in order', async (method, path) => {
      const host = await start();
      const guards = [
        TransportGuard,
        AddressLimitGuard,
        AuthenticationGuard,
        AuthorizationGuard,
        ClientQuotaGuard,
      ] as const;
      const passed: string[] = [];
      for (const { name, prototype } of guards) {
        const guard = prototype as CanActivate;
        const { canActivate } = guard;
        jest.spyOn(guard, 'canActivate').mockImplementation(function (this: unknown, context) {
          passed.push(name);
          return canActivate.call(this as CanActivate, context);
        });
      }
      await sendExactly(host, path, method === 'POST' ? { form: {} } : {});
      expect(passed).toEqual(guards.map(({ name }) => name));
    });

    it('is not asked when a guard of the host refuses', async () => {
      const guard = { canActivate: () => false };
      const host = await start({ providers: [{ provide: APP_GUARD, useValue: guard }] });
      const { secret } = await driverFor(host, ISSUER);
      const answer = await post(host, 'token', { clientId: 'shop', secret }, CLIENT_CREDENTIALS);
      expect(answer.status).toBe(403);
      expect(answer.text).not.toContain('access_token');
    });

    it('stays enforced where a host only reports', async () => {
      const sallyport = { enforce: 'report', throttling: { address: { limit: 0 } } } as const;
      const host = await start({ sallyport });
      expect((await send(host, '/own/closed')).status).toBe(200);
      for (const [method, path] of endpoints) {
        expect([path, (await send(host, path, { method })).status]).toEqual([path, 429]);
      }
    });

    const spellings = [
      '/OAUTH/token',
      '/oauth/TOKEN',
      '/oauth/token/',
      '/oauth/token//',
      '/oauth//token',
      '//oauth/token',
      '/oauth/%74oken',
      '/%6fauth/token',
      '/oauth%2ftoken',
      '/oauth/token%2f',
      '/oauth/token%00',
      '/oauth/%2e%2e/oauth/token',
      '/oauth/../oauth/token',
      '/own/../oauth/token',
      '/oauth/./token',
      '/oauth/token;jsessionid=1',
      '/oauth/token?/own/echo',
      '/oauth/token#/own/echo',
      '/oauth\\token',
      '/oauth/authorize/../token',
      '/oauth/assets/../token',
      '/.well-known/oauth-authorization-server/oauth/../../../oauth/token',
      'http://elsewhere.test/oauth/token',
    ];

    it.each(spellings)('is not reached around them by POST %s', async (path) => {
      const spent = await start({ sallyport: { throttling: { address: { limit: 0 } } } });
      const { secret } = await driverFor(spent, ISSUER);
      const sent = { form: CLIENT_CREDENTIALS, headers: { authorization: basic('shop', secret) } };
      expect([404, 429]).toContain((await sendExactly(spent, path, sent)).status);
    });

    it.each(spellings)('means the token endpoint or nothing by POST %s', async (path) => {
      const host = await start();
      const { secret } = await driverFor(host, ISSUER);
      const sent = { form: CLIENT_CREDENTIALS, headers: { authorization: basic('shop', secret) } };
      expect([200, 404]).toContain((await sendExactly(host, path, sent)).status);
    });
  });

  describe('44. in a host that allows every origin (CORS)', () => {
    const allow = (app: INestApplication): void => {
      app.enableCors({ origin: true, credentials: true });
    };
    const headers = { origin: 'https://evil.test' };

    it('44. lets no page of another origin read its own', async () => {
      const host = await start({ prepare: allow });
      for (const path of ['authorize', 'logout', 'interaction/some-interaction']) {
        const answer = await sendExactly(host, `/oauth/${path}`, { headers });
        expect(Object.keys(answer.headers).join()).not.toContain('access-control-');
      }
      const own = await sendExactly(host, '/own/closed', { headers });
      expect(own.headers['access-control-allow-origin']).toBe(headers.origin);
    });

    it('44. gives tokens to no origin that the client did not register', async () => {
      const host = await start({ prepare: allow });
      const { secret } = await driverFor(host, ISSUER);
      const answer = await sendExactly(host, '/oauth/token', {
        form: CLIENT_CREDENTIALS,
        headers: { ...headers, authorization: basic('shop', secret) },
      });
      expect(answer.status).toBe(400);
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    });
  });

  describe('asked by other methods', () => {
    it('tells with HEAD what it would tell with GET, without the body (RFC 9110 §9.3.2)', async () => {
      const host = await start();
      for (const path of ['/oauth/.well-known/openid-configuration', '/oauth/jwks']) {
        const [head, get] = [
          await sendExactly(host, path, { method: 'HEAD' }),
          await sendExactly(host, path),
        ];
        expect(head).toMatchObject({ status: 200, text: '' });
        expect(head.headers['content-length']).toBe(get.headers['content-length']);
      }
    });

    it.each(['HEAD', 'GET', 'PUT', 'PATCH', 'DELETE', 'TRACE'])(
      'has no token endpoint for %s, and echoes nothing',
      async (method) => {
        const host = await start();
        const headers = { authorization: basic('shop', 'secret-of-shop') };
        const answer = await sendExactly(host, '/oauth/token', { method, headers });
        expect(answer.status).toBe(404);
        expect(answer.text).not.toMatch(/c2hvc|secret-of-shop/);
      },
    );

    it.each(['PUT', 'PATCH', 'DELETE', 'TRACE', 'OPTIONS'])(
      'has no authorization endpoint for %s',
      async (method) => {
        const host = await start();
        const answer = await sendExactly(host, '/oauth/authorize', {
          method,
          headers: { origin: 'https://elsewhere.test', 'access-control-request-method': 'GET' },
        });
        expect(answer.status).toBe(404);
        expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
      },
    );
  });

  describe('46. Host, X-Forwarded-* and Forwarded of a peer that is no trusted proxy', () => {
    const lies = {
      host: 'evil.test',
      'x-forwarded-host': 'evil.test',
      'x-forwarded-proto': 'http',
      'x-forwarded-port': '8080',
      'x-forwarded-server': 'evil.test',
      'x-forwarded-prefix': '/evil',
      'x-forwarded-for': '198.51.100.9',
      'x-original-url': '/evil',
      'x-rewrite-url': '/evil',
      forwarded: 'for=198.51.100.9;host=evil.test;proto=http',
    };

    it.each([
      '/oauth/.well-known/openid-configuration',
      '/.well-known/oauth-authorization-server/oauth',
    ])('change nothing in %s', async (path) => {
      const host = await start();
      const honest = await sendExactly(host, path);
      const lying = await sendExactly(host, path, { headers: lies });
      expect(lying).toMatchObject({ status: 200, text: honest.text });
      expect(JSON.parse(lying.text)).toMatchObject({ issuer: ISSUER });
    });

    it('change no redirect, page or cookie', async () => {
      const host = await start();
      await driverFor(host, ISSUER);
      const query = new URLSearchParams({
        response_type: 'code',
        client_id: 'shop',
        redirect_uri: 'https://shop.test/callback',
        scope: 'invoices:read',
        code_challenge: 'x'.repeat(43),
        code_challenge_method: 'S256',
      }).toString();
      const answer = await sendExactly(host, `/oauth/authorize?${query}`, { headers: lies });
      expect(answer.headers.location).toMatch(/^https:\/\/api\.test\/oauth\/interaction\//);
      const cookies = answer.headers['set-cookie'] ?? [];
      expect(cookies.length).toBeGreaterThan(1);
      for (const cookie of cookies) expect(cookie).not.toMatch(/domain=|evil/i);
      const { pathname } = new URL(answer.headers.location ?? '');
      const page = await sendExactly(host, pathname, {
        headers: { ...lies, cookie: cookies.map((cookie) => cookie.split(';')[0]).join('; ') },
      });
      expect(page.status).toBe(200);
      expect(page.text).not.toContain('evil');
      expect(page.text).toContain(`action="${pathname}/login"`);
    });

    it('change no htu (RFC 9449 §4.3)', async () => {
      const host = await start();
      const { secret } = await driverFor(host, ISSUER);
      const { publicKey, privateKey } = await generateKeyPair('ES256');
      const jwk = await exportJWK(publicKey);
      const ask = async (htu: string) => {
        const proof = await new SignJWT({ htm: 'POST', htu, jti: crypto.randomUUID() })
          .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk })
          .setIssuedAt()
          .sign(privateKey);
        return sendExactly(host, '/oauth/token', {
          form: CLIENT_CREDENTIALS,
          headers: { ...lies, authorization: basic('shop', secret), dpop: proof },
        });
      };
      const right = await ask(`${ISSUER}/token`);
      expect(right.status).toBe(200);
      expect(JSON.parse(right.text)).toMatchObject({ token_type: 'DPoP' });
      for (const htu of ['https://evil.test/oauth/token', 'http://evil.test/oauth/token']) {
        const wrong = await ask(htu);
        expect(wrong.status).toBe(400);
        expect(JSON.parse(wrong.text)).toMatchObject({ error: 'invalid_dpop_proof' });
      }
    });

    it('are no other key of the limit', async () => {
      const throttling = { address: { limit: 1, windowSeconds: 60 } };
      const host = await start({ sallyport: { throttling } });
      const statuses: number[] = [];
      for (const last of ['1', '2', '3']) {
        const address = `198.51.100.${last}`;
        const headers = { 'x-forwarded-for': address, forwarded: `for=${address}` };
        statuses.push((await sendExactly(host, '/oauth/jwks', { headers })).status);
      }
      expect(statuses).toEqual([200, 429, 429]);
    });
  });
});

describe('An app with an authorization server in it', () => {
  it("can be compiled by Nest's testing module, and run later", async () => {
    const builder = Test.createTestingModule({ imports: [hostModule({ issuer: ISSUER })] });
    const app = (await builder.compile()).createNestApplication({ logger: false });
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    // The engine reads the body itself, or it would not know the client.
    const answer = await post(
      { url },
      'token',
      { clientId: 'nobody', secret: null },
      CLIENT_CREDENTIALS,
    );
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    await app.close();
  });

  it('starts without HTTP, for a job', async () => {
    const job = await NestFactory.createApplicationContext(hostModule({ issuer: ISSUER }), {
      logger: false,
      abortOnError: false,
    });
    const keys = await job.get(SigningKeyService).signingKeys();
    expect(keys.length).toBeGreaterThan(0);
    await job.close();
  });
});
