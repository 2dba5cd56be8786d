import { once } from 'node:events';
import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Readable } from 'node:stream';
import { jest } from '@jest/globals';
import {
  authorizationRequest,
  Browser,
  form,
  grantRole,
  ISSUER,
  newVerifier,
  post,
  readQuestion,
  redeem,
  refresh,
  registerClient,
  send,
  startAuthorizationServer,
  TestUsers,
  type HttpAnswer,
  type TestClient,
} from '../support/authorization-server.js';
import { ProofMaker } from '../support/dpop-proof.js';
import type { Instance } from '../support/instances.js';
import { clientCredentials, refusalOf } from '../support/oauth-answers.js';
import { fromAddress } from '../support/other-address.js';
import { rawRequest } from '../support/raw-request.js';
import {
  adapters,
  embeddedStores,
  startReferenceApi,
  type RunningApi,
} from '../support/reference-api.js';
import { secondsLater } from '../support/time-travel.js';
import { Stopwatch } from '../support/stopwatch.js';

const FORM = 'application/x-www-form-urlencoded';
/** `Host` and cookies are of the issuer; where it listens is beside the point. */
type Place = Pick<Instance, 'url'>;

/** Fills in the sign-in page once. */
async function tryPassword(
  at: Place,
  client: TestClient,
  username: string,
  password: string,
): Promise<HttpAnswer> {
  const browser = new Browser(at);
  const request = form(authorizationRequest(client, newVerifier())).toString();
  const start = await browser.open(`/oauth/authorize?${request}`);
  const page = await browser.open(start.headers.get('location') ?? '');
  const { action = '', csrf = '' } = readQuestion(page.text) ?? {};
  return browser.open(action, { csrf, username, password });
}

describe('OAuth checklist, OWASP API Security Top 10 under /oauth', () => {
  describe('47. API1, object level', () => {
    let api: RunningApi;
    beforeAll(async () => {
      api = await startReferenceApi('express', embeddedStores);
    });
    afterAll(() => api.close());

    it('47. User A’s sessions with user B’s token are not there: for GET, PATCH and DELETE [C55] [C86]', async () => {
      const [alice, bob] = [
        await api.token('mobile-app', 'alice'),
        await api.token('mobile-app', 'bob'),
      ];
      const { body: sessions } = await api.call('/v1/me/sessions', { token: alice });
      const ids = (sessions as { id: string }[]).map(({ id }) => id);
      expect(ids).toHaveLength(1);
      const { body: bobs } = await api.call('/v1/me/sessions', { token: bob });
      for (const id of ids) {
        expect(JSON.stringify(bobs)).not.toContain(id);
        const path = `/v1/me/sessions/${id}`;
        const body = { deviceName: 'mine now' };
        for (const options of [
          { method: 'GET' },
          { method: 'PATCH', body },
          { method: 'DELETE' },
        ] as const) {
          expect((await api.call(path, { ...options, token: bob })).status).toBe(404);
        }
      }
      const { body: after } = await api.call('/v1/me/sessions', { token: alice });
      expect(after).toMatchObject([{ id: ids[0], deviceName: null }]);
    });

    it('50. API4: passwords are hashed few at a time, and the rest is turned away, with the event loop free', async () => {
      const [client] = api.demo.clients.filter(({ client_id: id }) => id === 'mobile-app');
      const mobile = {
        clientId: 'mobile-app',
        secret: null,
        redirectUri: client?.redirect_uris[0] ?? '',
      };
      const delay = monitorEventLoopDelay({ resolution: 5 });
      const pages = await Promise.all(Array.from({ length: 60 }, () => signInPage(api, mobile)));
      delay.enable();
      const statuses = await Promise.all(
        pages.map(({ cookie, action, csrf }, index) =>
          fetch(`${api.url}${new URL(action, api.demo.issuer).pathname}`, {
            method: 'POST',
            redirect: 'manual',
            headers: { cookie },
            body: form({ csrf, username: `nobody-${String(index)}`, password: 'a guess' }),
          }).then(({ status }) => status),
        ),
      );
      delay.disable();
      expect(new Set(statuses)).toEqual(new Set([400, 503]));
      // Two at work and twenty waiting: what comes on top is not kept.
      expect(statuses.filter((status) => status === 503).length).toBeGreaterThan(10);
      expect(delay.percentile(90) / 1e6).toBeLessThan(200);
      expect(
        (await api.call('/v1/me', { token: await api.token('mobile-app', 'carol') })).status,
      ).toBe(200);
    });
  });

  describe('48. API2, authentication', () => {
    let server: Instance;
    let shop: TestClient;
    let elsewhere: Awaited<ReturnType<typeof fromAddress>>;

    beforeAll(async () => {
      server = await startAuthorizationServer({
        server: { signIn: { attempts: 3, addressAttempts: 8, windowSeconds: 300 } },
      });
      shop = await registerClient(server);
      elsewhere = await fromAddress('127.0.0.2', server.url);
    });
    afterAll(async () => {
      elsewhere.close();
      await server.app.close();
    });

    it('48. Sign-in is delayed by account and source together: no account is locked for its owner [C33]', async () => {
      const guess = () => tryPassword(server, shop, 'alice', 'a guess');
      for (let attempt = 0; attempt < 3; attempt += 1) expect((await guess()).status).toBe(400);
      const delayed = await tryPassword(server, shop, 'alice', TestUsers.passwordOf('alice'));
      expect(delayed.status).toBe(429);
      expect(Number(delayed.headers.get('retry-after'))).toBeGreaterThan(0);
      // Other spellings are the same account, another account is not, and alice at home is not.
      expect((await tryPassword(server, shop, ' ALICE ', 'a guess')).status).toBe(429);
      expect((await tryPassword(server, shop, 'bob', 'a guess')).status).toBe(400);
      const right = await tryPassword(elsewhere, shop, 'alice', TestUsers.passwordOf('alice'));
      expect(right.status).toBe(303);
    });

    it('48. Sign-in is delayed by source: many accounts are not tried one by one', async () => {
      await secondsLater(1_000, async () => {
        const statuses: number[] = [];
        for (let attempt = 0; attempt < 10; attempt += 1) {
          const name = `user-${String(attempt)}`;
          statuses.push((await tryPassword(server, shop, name, 'Winter2030')).status);
        }
        expect(statuses).toEqual([...Array<number>(8).fill(400), 429, 429]);
        expect((await tryPassword(elsewhere, shop, 'user-9', 'Winter2030')).status).toBe(400);
      });
    });

    it('48. The answer for an unknown user is that for a wrong password, delays too', async () => {
      await secondsLater(2_000, async () => {
        const textOf = ({ status, text }: HttpAnswer, name: string): string =>
          `${String(status)} ${text}`
            .replaceAll(name, 'NAME')
            .replaceAll(/\/interaction\/[\w-]+/g, '/interaction/UID')
            .replaceAll(/name="csrf" value="[^"]*"/g, 'CSRF')
            .replaceAll(/\d+ (seconds?|minutes?)/g, 'WAIT');
        for (let attempt = 0; attempt < 4; attempt += 1) {
          const known = await tryPassword(server, shop, 'carol', 'a guess');
          const unknown = await tryPassword(server, shop, 'mallory', 'a guess');
          expect(textOf(known, 'carol')).toBe(textOf(unknown, 'mallory'));
          expect(known.status).toBe(attempt < 3 ? 400 : 429);
        }
      });
    });
  });

  describe.each(adapters)('50. API4, resources, on %s', (adapter) => {
    let server: Instance;
    let job: TestClient;
    beforeAll(async () => {
      server = await startAuthorizationServer({ adapter });
      job = await registerClient(server, 'job', { grantTypes: ['client_credentials'] });
    });
    afterAll(() => server.app.close());

    it.each(['token', 'revoke', 'introspect', 'par'])(
      '50. A body of any size is refused at /oauth/%s, with or without a length, and the next request is served',
      async (endpoint) => {
        for (const size of [60_000, 1_000_000, 20_000_000]) {
          const whole = await send(server, `/oauth/${endpoint}`, {
            method: 'POST',
            headers: { 'content-type': FORM },
            body: 'a'.repeat(size),
          }).then(
            ({ status }) => status,
            () => 'cut off',
          );
          expect([413, 'cut off']).toContain(whole);
        }
        const inParts = await send(server, `/oauth/${endpoint}`, {
          method: 'POST',
          headers: { 'content-type': FORM },
          body: chunked(),
          duplex: 'half',
        }).then(
          ({ status }) => status,
          () => 'cut off',
        );
        expect([413, 'cut off']).toContain(inParts);
        expect((await clientCredentials(server, job)).status).toBe(200);
      },
    );

    it('50. A body that was refused half-read holds up no other request of its connection', async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const ask = async (method: string, path: string, body?: Readable) => {
        const options = { agent, method, headers: { 'content-type': FORM }, timeout: 5_000 };
        const sent = httpRequest(`${server.url}${path}`, options);
        sent.once('timeout', () => sent.destroy(new Error('held up')));
        if (body === undefined) sent.end();
        else body.pipe(sent);
        const [response] = (await once(sent, 'response')) as [IncomingMessage];
        await once(response.resume(), 'end');
        return [response.statusCode, sent.reusedSocket];
      };
      const parts = Array.from({ length: 40 }, () => Buffer.alloc(64_000, 'a'));
      expect(await ask('POST', '/oauth/token', Readable.from(parts))).toEqual([413, false]);
      expect(await ask('GET', '/oauth/jwks')).toEqual([200, true]);
      agent.destroy();
    });

    it('50. A header of 20 kB is refused with 431', async () => {
      for (const name of ['authorization', 'dpop', 'cookie', 'x-anything']) {
        const headers = [[name, 'a'.repeat(20_000)]] as const;
        const { status, text } = await rawRequest(server, 'POST', '/oauth/token', headers, 'a=b');
        expect(status).toBe(431);
        expect(text).not.toMatch(/stack|node_modules/);
      }
    });

    it('50. Ten thousand parameters and hostile texts hold nothing up', async () => {
      const delay = monitorEventLoopDelay({ resolution: 5 });
      delay.enable();
      const bodies = [
        Array.from({ length: 10_000 }, (_, index) => `p${String(index)}=1`)
          .join('&')
          .slice(0, 50_000),
        'scope='.concat('+'.repeat(50_000)),
        'scope='.concat('a+'.repeat(20_000)),
        `client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_assertion=${'.'.repeat(40_000)}`,
        'resource='.concat('https://a.test&resource='.repeat(2_000)),
        '%'.repeat(50_000),
        '&'.repeat(50_000),
        '='.repeat(50_000),
      ];
      for (const body of bodies) {
        const answer = await send(server, '/oauth/token', {
          method: 'POST',
          headers: { 'content-type': FORM },
          body: `grant_type=client_credentials&client_id=job&client_secret=${job.secret ?? ''}&${body}`,
        });
        expect(answer.status).toBeLessThan(500);
      }
      const DPoP = await (await ProofMaker.create()).proof();
      for (const proof of ['.'.repeat(12_000), `${DPoP}.${DPoP}`, `${'a'.repeat(12_000)}.b.c`]) {
        const fields = { grant_type: 'client_credentials' };
        const answer = await post(server, 'token', job, fields, { DPoP: proof });
        expect(answer.status).toBe(400);
      }
      delay.disable();
      expect(delay.percentile(90) / 1e6).toBeLessThan(200);
    });
  });

  describe('52. API6, flows', () => {
    it('52. Guessing codes, refresh tokens and secrets spends the limit of the sender’s address', async () => {
      const server = await startAuthorizationServer({
        sallyport: { throttling: { address: { limit: 20, windowSeconds: 60 } } },
      });
      const shop = await registerClient(server);
      const phone = await registerClient(server, 'phone', { type: 'public' });
      const guesses = [
        () => refresh(server, phone, `${'x'.repeat(42)}${String(Math.random())}`),
        () =>
          redeem(server, phone, {
            code: String(Math.random()),
            verifier: newVerifier(),
            redirectUri: phone.redirectUri,
          }),
        () => clientCredentials(server, { ...shop, secret: String(Math.random()) }),
      ];
      const answers: HttpAnswer[] = [];
      for (let round = 0; round < 8; round += 1) {
        for (const guess of guesses) answers.push(await guess());
      }
      const late = answers.slice(20);
      expect(answers.slice(0, 20).every(({ status }) => [400, 401].includes(status))).toBe(true);
      expect(late.every(({ status }) => status === 429)).toBe(true);
      for (const answer of late) {
        expect(refusalOf(answer)).toBe('429 temporarily_unavailable');
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      }
      await server.app.close();
    });

    it('52. A user has no more sessions than they may, however many are begun [C86]', async () => {
      const server = await startAuthorizationServer({ server: { sessionsPerUser: 3 } });
      const shop = await registerClient(server);
      await grantRole(server, 'alice');
      const browser = new Browser(server);
      const tokens: string[] = [];
      for (let count = 0; count < 6; count += 1) {
        tokens.push((await browser.login(shop)).access_token as string);
      }
      const statuses = await Promise.all(tokens.map((token) => server.probe({ token })));
      expect(statuses).toEqual([401, 401, 401, 200, 200, 200]);
      await server.app.close();
    });
  });

  describe('53. API7, server-side requests', () => {
    let server: Instance;
    let shop: TestClient;
    let trap: Server;
    let url: string;
    let visits = 0;
    beforeAll(async () => {
      server = await startAuthorizationServer();
      shop = await registerClient(server, 'shop', {
        grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
      });
      trap = createServer((_request, response) => {
        visits += 1;
        response.end('{}');
      }).listen(0, '127.0.0.1');
      await once(trap, 'listening');
      url = `http://127.0.0.1:${String((trap.address() as AddressInfo).port)}/x`;
    });
    afterAll(async () => {
      trap.close();
      await server.app.close();
    });

    it('53. No URL in a pushed request, token request, proof or logout is ever fetched', async () => {
      const browser = new Browser(server);
      const tokens = await browser.login(shop, { scope: 'openid' });
      const request = authorizationRequest(shop, newVerifier());
      for (const name of ['request_uri', 'redirect_uri', 'resource', 'login_hint', 'acr_values']) {
        await post(server, 'par', shop, { ...request, [name]: url });
      }
      await clientCredentials(server, shop, { resource: url });
      await refresh(server, shop, tokens.refresh_token, { resource: url });
      const DPoP = await (await ProofMaker.create()).proof({ htu: url });
      const fields = { grant_type: 'client_credentials' };
      expect((await post(server, 'token', shop, fields, { DPoP })).status).toBe(400);
      const logout = { id_token_hint: tokens.id_token as string, post_logout_redirect_uri: url };
      await browser.open(`/oauth/logout?${form(logout).toString()}`);
      const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const forged = `${encode({ alg: 'ES256', jku: url, x5u: url })}.${encode({ iss: ISSUER })}.x`;
      for (const endpoint of ['introspect', 'revoke'] as const) {
        await post(server, endpoint, shop, { token: forged });
      }
      await send(server, '/oauth/userinfo', { headers: { authorization: `Bearer ${forged}` } });
      expect(visits).toBe(0);
    });
  });

  describe.each(adapters)('54. 55. API8 and API9, on %s', (adapter) => {
    let server: Instance;
    beforeAll(async () => {
      server = await startAuthorizationServer({ adapter });
    });
    afterAll(() => server.app.close());

    it('54. Token, revocation, introspection, PAR and userinfo answer closed to sniffing and framing, and TRACE not at all', async () => {
      for (const endpoint of ['token', 'revoke', 'introspect', 'par']) {
        const { headers } = await send(server, `/oauth/${endpoint}`, { method: 'POST' });
        expect(headers.get('x-content-type-options')).toBe('nosniff');
        expect(headers.get('x-frame-options')).toBe('DENY');
        expect(headers.get('content-security-policy')).toContain("default-src 'none'");
        expect(headers.get('referrer-policy')).toBe('no-referrer');
        const traced = await rawRequest(server, 'TRACE', `/oauth/${endpoint}`, [
          ['x-secret', 's3'],
        ]);
        expect(traced.status).toBeGreaterThanOrEqual(400);
        expect(traced.text).not.toContain('s3');
      }
    });

    it('55. What the metadata names is there', async () => {
      const { body } = await send(server, '/oauth/.well-known/openid-configuration');
      const endpoints = Object.entries(body as Record<string, unknown>).filter(
        ([name]) => name.endsWith('_endpoint') || name === 'jwks_uri',
      );
      expect(endpoints.map(([name]) => name).sort()).toEqual([
        'authorization_endpoint',
        'end_session_endpoint',
        'introspection_endpoint',
        'jwks_uri',
        'pushed_authorization_request_endpoint',
        'revocation_endpoint',
        'token_endpoint',
        'userinfo_endpoint',
      ]);
      for (const [name, url] of endpoints) {
        const isPosted = /token|introspection|revocation|pushed/.test(name);
        const { status } = await send(server, String(url), { method: isPosted ? 'POST' : 'GET' });
        expect(status).not.toBe(404);
      }
    });

    it.each([
      'reg',
      'reg/shop',
      'device',
      'device/auth',
      'backchannel',
      'session/end',
      'token/revocation',
      'token/introspection',
      'request',
      'auth',
      'me',
      'challenge',
      'credential',
      'par/x',
      'token/x',
      '.well-known/webfinger',
      '%2e%2e/admin',
      '',
    ])('55. What the engine could do beyond that is not there: /oauth/%s', async (path) => {
      for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
        const { status, text } = await send(server, `/oauth/${path}`, { method });
        expect(status).toBe(404);
        expect(text).not.toContain('oidc-provider');
      }
    });
  });

  describe('56. API10, consumption', () => {
    it('56. A directory of users that hangs, fails or lies is a bounded failure, and nothing is lost', async () => {
      const server = await startAuthorizationServer();
      const shop = await registerClient(server);
      await grantRole(server, 'alice');
      const directory = server.get(TestUsers);
      const tokens = await new Browser(server).login(shop, { scope: 'openid profile' });
      const never = new Promise<never>(() => undefined);
      const failures = [
        () => never,
        () => Promise.reject(new Error('secret of the host')),
        () => {
          throw new Error('secret of the host');
        },
      ];
      for (const fail of failures) {
        for (const question of ['findBySub', 'claims', 'authenticate', 'subjectOf'] as const) {
          jest.spyOn(directory, question).mockImplementation(fail);
        }
        const watch = new Stopwatch();
        const refreshed = await refresh(server, shop, tokens.refresh_token as string);
        expect(refusalOf(refreshed)).toBe('503 temporarily_unavailable');
        const userinfo = await server.call('/oauth/userinfo', { token: tokens.access_token });
        expect(userinfo.status).toBe(503);
        const signIn = await tryPassword(server, shop, 'alice', 'x');
        expect(signIn.status).toBe(503);
        for (const text of [refreshed.text, JSON.stringify(userinfo.body), signIn.text]) {
          expect(text).not.toContain('secret of the host');
        }
        watch.stop();
        expect(watch.milliseconds).toBeLessThan(3 * 2_000 + 500);
        jest.restoreAllMocks();
      }
      expect((await refresh(server, shop, tokens.refresh_token as string)).status).toBe(200);
      await server.app.close();
    });
  });
});

/** Five megabytes of which nothing says how many they will be. */
function chunked(): ReadableStream<Uint8Array> {
  let left = 80;
  return new ReadableStream({
    pull: (controller) => {
      controller.enqueue(Buffer.alloc(64_000, 'a'));
      left -= 1;
      if (left === 0) controller.close();
    },
  });
}

/** The sign-in page of the reference API in a browser of its own. */
async function signInPage(
  api: RunningApi,
  client: TestClient,
): Promise<{ cookie: string; action: string; csrf: string }> {
  const request = form({ ...authorizationRequest(client, newVerifier()) }).toString();
  const start = await fetch(`${api.url}/oauth/authorize?${request}`, { redirect: 'manual' });
  const lines = start.headers.getSetCookie();
  const location = new URL(start.headers.get('location') ?? '', api.demo.issuer);
  const cookieOf = (all: readonly string[]) => all.map((line) => line.split(';')[0]).join('; ');
  const page = await fetch(`${api.url}${location.pathname}`, {
    headers: { cookie: cookieOf(lines) },
  });
  const question = readQuestion(await page.text());
  return {
    cookie: cookieOf([...lines, ...page.headers.getSetCookie()]),
    action: question?.action ?? '',
    csrf: question?.csrf ?? '',
  };
}
