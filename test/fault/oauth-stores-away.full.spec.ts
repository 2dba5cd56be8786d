import { setTimeout as sleep } from 'node:timers/promises';
import { SessionService } from '@sallyport/nest';
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
  startAuthorizationServer,
  type Authorization,
  type HttpAnswer,
  type TestClient,
} from '../support/authorization-server.js';
import { ASSERTION_TYPE, newClientKey } from '../support/client-assertions.js';
import { accessTokenOf, expectRefused, refreshTokenOf } from '../support/families.js';
import { testKek, type Instance } from '../support/instances.js';
import { adapters, createDatabase } from '../support/reference-api.js';
import { dropPrefix, ownPrefix, sharedRedisUrl } from '../support/redis.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { inTime as inMilliseconds } from '../support/stopwatch.js';

const LIMIT_MILLISECONDS = 2_000;
/** What the answer may take on top, on a busy machine: the promise is about us, not about the scheduler. */
const SLACK_MILLISECONDS = 500;
/** After it nothing is answered from what was read before. */
const FORGOTTEN_MILLISECONDS = 600;
/** What a detail of ours could be recognised by. */
const DETAIL =
  /postgres|redis|database|econn|socket|timeout|timed out|no answer|127\.0\.0\.1|\bat .*\.js/i;

const databaseUrl = process.env.TEST_DATABASE_URL;
const alice = { issuer: ISSUER, subject: 'alice' };

if (databaseUrl !== undefined && sharedRedisUrl !== undefined) {
  const redisUrl = sharedRedisUrl;

  describe.each(adapters)('The authorization server on %s', (adapter) => {
    const prefix = ownPrefix();
    let own: Awaited<ReturnType<typeof createDatabase>>;
    let database: TcpProxy;
    let redis: TcpProxy;
    let server: Instance;
    let shop: TestClient;
    let job: TestClient;
    let browser: Browser;
    let client: Awaited<ReturnType<typeof newClientKey>>;

    beforeAll(async () => {
      own = await createDatabase(databaseUrl);
      database = await startTcpProxy(own.url);
      redis = await startTcpProxy(redisUrl);
      server = await startAuthorizationServer({
        adapter,
        server: { signIn: { attempts: 1_000, addressAttempts: 1_000 } },
        stores: {
          kind: 'real',
          databaseUrl: database.url,
          redisUrl: redis.url,
          prefix,
          kek: testKek(),
        },
      });
      await grantRole(server, 'alice');
      client = await newClientKey();
      shop = await registerClient(server);
      job = await registerClient(server, 'job', {
        grantTypes: ['client_credentials'],
        redirectUris: [],
      });
      const jwks = { keys: [client.jwk] };
      await registerClient(server, 'robot', {
        grantTypes: ['client_credentials'],
        redirectUris: [],
        jwks,
      });
      browser = new Browser(server);
    });
    afterAll(async () => {
      await server.app.close();
      await database.close();
      await redis.close();
      await dropPrefix(redisUrl, prefix);
      await own.drop();
    });

    const clientToken = (): Promise<HttpAnswer> =>
      post(server, 'token', job, { grant_type: 'client_credentials' });
    const push = (): Promise<HttpAnswer> =>
      post(server, 'par', shop, authorizationRequest(shop, newVerifier()));
    const authorizationUrl = (): string =>
      `/oauth/authorize?${form(authorizationRequest(shop, newVerifier())).toString()}`;

    /** What a login has got so far, and a login page that waits for its answer. */
    interface Underway {
      readonly refreshToken: string;
      readonly accessToken: string;
      readonly authorization: Authorization;
      readonly person: Browser;
      readonly page: { readonly action: string; readonly csrf: string };
      readonly verifier: string;
    }

    const begin = async (): Promise<Underway> => {
      const { access_token, refresh_token } = (await browser.login(shop)) as {
        access_token: string;
        refresh_token: string;
      };
      const person = new Browser(server);
      const verifier = newVerifier();
      const query = form(authorizationRequest(shop, verifier)).toString();
      const sent = await person.open(`/oauth/authorize?${query}`);
      const shown = await person.open(sent.headers.get('location') ?? '');
      const { action = '', csrf = '' } = readQuestion(shown.text) ?? {};
      return {
        refreshToken: refresh_token,
        accessToken: access_token,
        authorization: await browser.authorize(shop),
        person,
        page: { action, csrf },
        verifier,
      };
    };
    const signIn = ({ person, page: { action, csrf } }: Underway): Promise<HttpAnswer> =>
      person.open(action, { csrf, username: 'alice', password: "alice's password" });
    const introspect = ({ accessToken }: Underway): Promise<HttpAnswer> =>
      post(server, 'introspect', shop, { token: accessToken });
    const revoke = (token: string): Promise<HttpAnswer> => post(server, 'revoke', shop, { token });

    const untilBack = async (): Promise<void> => {
      for (let tries = 0; tries < 60; tries += 1) {
        if ((await clientToken()).status === 200 && (await push()).status === 201) return;
        await sleep(100);
      }
      throw new Error('it did not come back');
    };

    const inTime = (asking: Promise<HttpAnswer>): Promise<HttpAnswer> =>
      inMilliseconds(LIMIT_MILLISECONDS + SLACK_MILLISECONDS, () => asking);
    const expectUnavailable = async (asking: Promise<HttpAnswer>): Promise<void> => {
      const { status, headers, body, text } = await inTime(asking);
      expect([status, text]).toEqual([503, expect.not.stringMatching(DETAIL)]);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      if (body !== null) expect(body.error).toBe('temporarily_unavailable');
      else expect(headers.get('content-type')).toContain('text/html');
    };

    afterEach(async () => {
      database.mend();
      redis.mend();
      await untilBack();
    });

    it.each(['cut', 'block'] as const)(
      'answers 503 within 2 s while PostgreSQL is away (%s), and nothing is lost or doubled [T2]',
      async (how) => {
        const underway = await begin();
        const { refreshToken, accessToken, authorization } = underway;
        const before = (await server.get(SessionService).list(alice)).length;
        await sleep(FORGOTTEN_MILLISECONDS);

        database[how]();
        await Promise.all(
          [
            redeem(server, shop, authorization),
            refresh(server, shop, refreshToken),
            signIn(underway),
            revoke(accessToken),
            revoke(refreshToken),
          ].map(expectUnavailable),
        );
        // RFC 6749 §4.1.2.1: the client is known, so that it is told instead of the user.
        const { headers } = await inTime(browser.open(authorizationUrl()));
        expect(headers.get('location')).toContain('error=temporarily_unavailable');
        // What is known here, and kept in Redis, goes on as long as nothing has to be looked at again.
        const going = [
          [clientToken(), 200],
          [push(), 201],
          [new Browser(server).open(authorizationUrl()), 303],
          [introspect(underway), 200],
        ] as const;
        for (const [asking, good] of going) {
          expect([good, 503]).toContain((await inTime(asking)).status);
        }
        database.mend();
        await untilBack();

        expect((await introspect(underway)).body).toMatchObject({ active: true });
        expect(await server.probe({ token: accessToken })).toBe(200);
        const refreshed = await refresh(server, shop, refreshToken);
        expect(refreshed.status).toBe(200);
        expect((await refresh(server, shop, refreshTokenOf(refreshed))).status).toBe(200);
        expectRefused(await refresh(server, shop, refreshToken));

        const redeemed = await redeem(server, shop, authorization);
        expect(redeemed.status).toBe(200);
        expect(await server.probe({ token: accessTokenOf(redeemed) })).toBe(200);
        expectRefused(await redeem(server, shop, authorization));
        expectRefused(await refresh(server, shop, refreshTokenOf(redeemed)));
        // The reused token ended its session, the reused code was never one: `before` counts the first.
        expect(await server.get(SessionService).list(alice)).toHaveLength(before - 1);

        const answered = await signIn(underway);
        expect(answered.status).toBe(303);
        const back = await underway.person.open(answered.headers.get('location') ?? '');
        const code = new URL(back.headers.get('location') ?? '').searchParams.get('code') ?? '';
        const { verifier } = underway;
        const { redirectUri } = shop;
        const signedIn = await redeem(server, shop, { code, verifier, redirectUri });
        expect(signedIn.status).toBe(200);
      },
    );

    it.each(['cut', 'block'] as const)(
      'while Redis is away (%s) gives tokens and tells of them, and answers 503 where something passing is needed [T2]',
      async (how) => {
        const underway = await begin();
        const { refreshToken, accessToken, authorization } = underway;
        await sleep(FORGOTTEN_MILLISECONDS);

        redis[how]();
        const redeemed = await inTime(redeem(server, shop, authorization));
        expect(redeemed.status).toBe(200);
        const refreshed = await inTime(refresh(server, shop, refreshToken));
        expect(refreshed.status).toBe(200);
        expect((await inTime(clientToken())).status).toBe(200);
        expect((await inTime(introspect(underway))).body).toMatchObject({ active: true });
        expect((await inTime(revoke(accessToken))).status).toBe(200);
        expect((await inTime(introspect(underway))).body).toEqual({ active: false });
        expect(await server.probe({ token: accessToken })).toBe(401);
        // Whoever is signed in already is asked nothing.
        const known = await inTime(browser.open(authorizationUrl()));
        expect(known.headers.get('location')).toContain('code=');

        await expectUnavailable(push());
        await expectUnavailable(signIn(underway));
        await expectUnavailable(
          post(server, 'token', null, {
            grant_type: 'client_credentials',
            client_assertion_type: ASSERTION_TYPE,
            client_assertion: await client.assertion('robot'),
          }),
        );
        const proof = await client.proof();
        const next = refreshTokenOf(refreshed);
        await expectUnavailable(refresh(server, shop, next, {}, { dpop: proof }));
        // RFC 6749 §4.1.2.1: the client is known by now, and is told.
        const asked = await inTime(new Browser(server).open(authorizationUrl()));
        const told = new URL(asked.headers.get('location') ?? '').searchParams;
        expect(told.get('error')).toBe('temporarily_unavailable');
        expect(told.toString()).not.toMatch(DETAIL);

        redis.mend();
        await untilBack();
        expect((await refresh(server, shop, next)).status).toBe(200);
        expectRefused(await redeem(server, shop, authorization));
        expect((await signIn(underway)).status).toBe(303);
        expect(await server.probe({ token: accessToken })).toBe(401);
      },
    );
  });
} else {
  it('needs PostgreSQL and Redis, which this run does not cover', () => {
    expect(process.env.TEST_STORES).not.toBe('all');
  });
}
