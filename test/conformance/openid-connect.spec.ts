import { ClientService, UserStatusService } from '@sallyport/nest';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet, type JWTPayload } from 'jose';
import {
  authorizationRequest,
  Browser,
  grantRole,
  ISSUER,
  newVerifier,
  redeem,
  refresh,
  registerClient,
  send,
  startAuthorizationServer,
  type HttpAnswer,
  type TestClient,
} from '../support/authorization-server.js';
import { seeder, type Instance } from '../support/instances.js';
import { claimsOf, clientCredentials, headerOf, revoke } from '../support/oauth-answers.js';
import { rawRequest } from '../support/raw-request.js';
import { secondsLater } from '../support/time-travel.js';

const SCOPE = 'openid profile email invoices:read';

describe('OpenID Connect Core', () => {
  let server: Instance;
  let shop: TestClient;
  let alice: Browser;
  /** The pace at which passwords may be tried is no concern of these tests. */
  const signIn = { attempts: 1_000, addressAttempts: 1_000 };

  beforeAll(async () => {
    server = await startAuthorizationServer({ server: { signIn } });
    const grantTypes = ['authorization_code', 'refresh_token', 'client_credentials'];
    shop = await registerClient(server, 'shop', { grantTypes });
    for (const name of ['alice', 'bob', 'carol']) await grantRole(server, name);
    alice = new Browser(server);
  });
  afterAll(() => server.app.close());

  const login = (more: Record<string, string> = {}, browser = alice) =>
    browser.login(shop, { scope: SCOPE, ...more });
  const verified = async (idToken: string): Promise<JWTPayload> => {
    const { body } = await send(server, '/oauth/jwks');
    const keys = createLocalJWKSet(body as JSONWebKeySet);
    return (await jwtVerify(idToken, keys, { issuer: ISSUER, audience: 'shop' })).payload;
  };
  const signedInAt = ({ access_token: token }: HttpAnswer['body']): number =>
    claimsOf(token as string).auth_time as number;
  /** Where an authorization request leads without anybody's doing. */
  const asked = async (browser: Browser, more: Record<string, string> = {}): Promise<URL> => {
    const request = { ...authorizationRequest(shop, newVerifier()), scope: SCOPE, ...more };
    const { headers } = await browser.open(
      `/oauth/authorize?${new URLSearchParams(request).toString()}`,
    );
    return new URL(headers.get('location') ?? '', ISSUER);
  };
  const asksToSignIn = (url: URL): boolean => url.href.startsWith(`${ISSUER}/interaction/`);

  describe('§2 ID token', () => {
    it('§2 says who signed in, when, how, to whom, and nothing that is for userinfo [C96] [C63] [C74]', async () => {
      const began = Math.floor(Date.now() / 1000);
      const { id_token: token, access_token: accessToken } = await login(
        { nonce: 'n-0S6_WzA2Mj' },
        new Browser(server),
      );
      const { iat = 0, exp = 0, ...claims } = await verified(token);
      expect(claims).toEqual({
        iss: ISSUER,
        sub: 'alice',
        aud: 'shop',
        nonce: 'n-0S6_WzA2Mj',
        sid: claimsOf(accessToken).sid,
      });
      expect(iat).toBeGreaterThanOrEqual(began);
      expect(exp - iat).toBe(600);
      expect(headerOf(token)).toEqual({ alg: 'ES256', kid: expect.any(String) });
    });

    it('§2 says when the user signed in to whoever gives a max_age', async () => {
      const { id_token: token, access_token: accessToken } = await login({ max_age: '3600' });
      expect((await verified(token)).auth_time).toBe(claimsOf(accessToken).auth_time);
    });

    it('§3.1.2.1 repeats the nonce as it was sent, and makes up none', async () => {
      const nonce = `ü ${'n'.repeat(1_000)}"\\`;
      expect(claimsOf((await login({ nonce })).id_token).nonce).toBe(nonce);
      expect(claimsOf((await login()).id_token)).not.toHaveProperty('nonce');
    });

    it('§3.1.2.6 refuses a nonce that no store keeps, as a fault of the request', async () => {
      const url = await asked(alice, { nonce: 'a\0b' });
      expect(url.searchParams.get('error')).toBe('invalid_request');
    });

    it('§3.1.2.1 is given when openid was asked for, and else not', async () => {
      expect(await alice.login(shop)).not.toHaveProperty('id_token');
    });

    it('§5.1 is no access token: this API refuses it [C102]', async () => {
      const { id_token: token, access_token: accessToken } = await login();
      expect(await server.probe({ token: accessToken })).toBe(200);
      expect(await server.probe({ token })).toBe(401);
    });

    it('§12.2 comes again with a refresh, of the same person, session, sign-in and nonce [C96]', async () => {
      const first = await login({ nonce: 'n-0S6' });
      await secondsLater(5, async () => {
        const { body } = await refresh(server, shop, first.refresh_token);
        const before = claimsOf(first.id_token);
        const after = claimsOf(body.id_token);
        for (const name of ['iss', 'sub', 'aud', 'sid', 'nonce']) {
          expect(after[name]).toEqual(before[name]);
        }
        expect(after.iat).toBeGreaterThan(before.iat ?? 0);
        const signedInAt = claimsOf(first.access_token).auth_time;
        expect(claimsOf(body.access_token).auth_time).toBe(signedInAt);
      });
    });
  });

  describe('§3.1.2 authentication', () => {
    it('§3.1.2.3 asks nobody to sign in twice: another client gets a code at once [C96]', async () => {
      const browser = new Browser(server, 'bob');
      expect(asksToSignIn(await asked(browser))).toBe(true);
      await login({}, browser);
      expect((await asked(browser)).searchParams.has('code')).toBe(true);
      const other = await registerClient(server, 'sso');
      const url = await browser.open(
        `/oauth/authorize?${new URLSearchParams(authorizationRequest(other, newVerifier())).toString()}`,
      );
      expect(url.headers.get('location')).toContain('code=');
    });

    it('§3.1.2.1 prompt=login asks again, and auth_time is that of the second time', async () => {
      const browser = new Browser(server);
      const first = signedInAt(await login({}, browser));
      await secondsLater(30, async () => {
        expect(asksToSignIn(await asked(browser, { prompt: 'login' }))).toBe(true);
        const again = await login({ prompt: 'login' }, browser);
        expect(signedInAt(again)).toBeGreaterThanOrEqual(first + 30);
        const silent = await login({ prompt: 'none' }, browser);
        expect(signedInAt(silent)).toBeGreaterThanOrEqual(first + 30);
      });
    });

    it('§3.1.2.6 prompt=none gives a code or login_required, never a page', async () => {
      const url = await asked(new Browser(server), { prompt: 'none' });
      expect(url.href.startsWith(shop.redirectUri)).toBe(true);
      expect(url.searchParams.get('error')).toBe('login_required');
      expect(url.searchParams.get('state')).toBe('state-1');
      await login();
      expect((await asked(alice, { prompt: 'none' })).searchParams.has('code')).toBe(true);
    });

    it('§3.1.2.6 prompt=none gives consent_required where the user would be asked', async () => {
      const foreign = await registerClient(server, 'foreign', { isThirdParty: true });
      await login();
      const request = { ...authorizationRequest(foreign, newVerifier()), prompt: 'none' };
      const url = await alice.visit(request);
      expect(url.searchParams.get('error')).toBe('consent_required');
    });

    it.each(['none login', 'none consent', 'nonsense', 'NONE'])(
      '§3.1.2.1 refuses prompt=%s',
      async (prompt) => {
        await login();
        expect((await asked(alice, { prompt })).searchParams.get('error')).toBe('invalid_request');
      },
    );

    it('§3.1.2.1 max_age asks whoever signed in longer ago, and no other', async () => {
      const browser = new Browser(server);
      const first = signedInAt(await login({}, browser));
      expect((await asked(browser, { max_age: '60' })).searchParams.has('code')).toBe(true);
      await secondsLater(100, async () => {
        expect(asksToSignIn(await asked(browser, { max_age: '60' }))).toBe(true);
        expect((await asked(browser, { max_age: '600' })).searchParams.has('code')).toBe(true);
        const silent = await asked(browser, { max_age: '60', prompt: 'none' });
        expect(silent.searchParams.get('error')).toBe('login_required');
        const again = await login({ max_age: '60' }, browser);
        expect(signedInAt(again)).toBeGreaterThanOrEqual(first + 100);
      });
    });

    it.each(['-1', 'soon', '1.5', '99999999999999999999'])(
      '§3.1.2.1 refuses max_age=%s',
      async (maxAge) => {
        const url = await asked(alice, { max_age: maxAge });
        expect(url.searchParams.get('error')).toBe('invalid_request');
      },
    );

    it('§3.1.2.1 id_token_hint of somebody else gives login_required, never their code', async () => {
      const { id_token: bobs } = await login({}, new Browser(server, 'bob'));
      const { id_token: own } = await login();
      const silent = { prompt: 'none' };
      const theirs = await asked(alice, { ...silent, id_token_hint: bobs });
      expect(theirs.searchParams.get('error')).toBe('login_required');
      const hers = await asked(alice, { ...silent, id_token_hint: own });
      expect(hers.searchParams.has('code')).toBe(true);
    });

    it('§3.1.2.1 login_hint fills in the name, as text', async () => {
      const browser = new Browser(server);
      const url = await asked(browser, { login_hint: '"><script>alert(1)</script>' });
      const { text } = await browser.open(url);
      expect(text).toContain('&lt;script&gt;');
      expect(text).not.toContain('<script');
    });

    it('§3.1.2.1 a login of a browser ends when it was not used for as long as it may [C52]', async () => {
      const browser = new Browser(server);
      await login({}, browser);
      await secondsLater(43_100, async () => {
        expect((await asked(browser)).searchParams.has('code')).toBe(true);
      });
      await secondsLater(43_100 + 43_300, async () => {
        expect(asksToSignIn(await asked(browser))).toBe(true);
      });
    });
  });

  describe('§5.3 userinfo', () => {
    const userinfo = (token: string | null, init: RequestInit = {}): Promise<HttpAnswer> =>
      send(server, '/oauth/userinfo', {
        ...init,
        headers: { ...(token !== null && { authorization: `Bearer ${token}` }) },
      });

    it('§5.3.2 §5.4 tells what the scope is for, of the sub of the ID token [C96] [C97]', async () => {
      const { access_token: token, id_token: idToken } = await login();
      const { status, body, headers } = await userinfo(token);
      expect(status).toBe(200);
      expect(body).toEqual({
        sub: claimsOf(idToken).sub,
        preferred_username: 'alice',
        email: 'alice@example.com',
        email_verified: true,
      });
      expect(headers.get('content-type')).toMatch(/^application\/json/);
      expect(headers.get('cache-control')).toBe('no-store');
    });

    it.each([
      ['openid', ['sub']],
      ['openid profile', ['preferred_username', 'sub']],
      ['openid email', ['email', 'email_verified', 'sub']],
    ])('§5.4 for %s tells %j alone', async (scope, names) => {
      const { access_token: token } = await login({ scope });
      expect(Object.keys((await userinfo(token)).body as object).sort()).toEqual(names);
    });

    it('§5.3.1 answers GET and POST', async () => {
      const { access_token: token } = await login();
      expect((await userinfo(token, { method: 'POST' })).body.sub).toBe('alice');
      for (const method of ['PUT', 'DELETE', 'PATCH']) {
        expect((await userinfo(token, { method })).status).toBe(404);
      }
    });

    it('§5.3.3 refuses who has no token, without an error code (RFC 6750 §3.1)', async () => {
      const { status, headers } = await userinfo(null);
      expect(status).toBe(401);
      expect(headers.get('www-authenticate')).toMatch(/^Bearer /);
      expect(headers.get('www-authenticate')).not.toContain('error=');
    });

    it('§5.3.3 refuses a token without openid, and says what is missing', async () => {
      const { access_token: token } = await alice.login(shop, { scope: 'invoices:read' });
      const { status, headers } = await userinfo(token);
      expect(status).toBe(403);
      expect(headers.get('www-authenticate')).toContain('error="insufficient_scope"');
      expect(headers.get('www-authenticate')).toContain('scope="openid"');
    });

    it("§5.3.3 refuses a client's own token, for it is nobody's", async () => {
      const { access_token: token } = (await clientCredentials(server, shop)).body;
      expect((await userinfo(token)).status).toBe(403);
    });

    it('§5.3.3 refuses what is no access token: ID token, refresh token, code', async () => {
      const authorization = await alice.authorize(shop, { scope: SCOPE });
      const { body } = await redeem(server, shop, authorization);
      for (const token of [body.id_token, body.refresh_token, authorization.code, 'x']) {
        const { status, headers, text } = await userinfo(token);
        expect(status).toBe(401);
        expect(headers.get('www-authenticate')).toContain('error="invalid_token"');
        expect(text).not.toContain('alice');
      }
    });

    it('§5.3.3 refuses a token in the query, and one in the body beside one in the header', async () => {
      const { access_token: token } = await login();
      const query = await send(server, `/oauth/userinfo?access_token=${token}`);
      expect([400, 401]).toContain(query.status);
      const body = new URLSearchParams({ access_token: token });
      const both = await send(server, `/oauth/userinfo?access_token=${token}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      expect(both.status).toBe(400);
      const inBody = await userinfo(null, { method: 'POST', body });
      expect([400, 401]).toContain(inBody.status);
      const twice = await userinfo(token, { method: 'POST', body });
      expect(twice.status).toBe(400);
      const lines = [1, 2].map(() => ['authorization', `Bearer ${token}`] as const);
      const repeated = await rawRequest(server, 'GET', '/oauth/userinfo', lines);
      expect(repeated.status).toBe(400);
      expect(repeated.text).toContain('Send the authorization header once.');
    });

    it('§5.3.3 refuses a token that was revoked, has expired, or whose family ended', async () => {
      const tokens = [await login(), await login(), await login()];
      const [first, second, third] = tokens.map(({ access_token: token }) => token as string);
      for (const token of [first, second, third]) {
        expect((await userinfo(token ?? '')).status).toBe(200);
      }
      await revoke(server, shop, first ?? '');
      expect((await userinfo(first ?? '')).status).toBe(401);
      await revoke(server, shop, tokens[1].refresh_token as string);
      expect((await userinfo(second ?? '')).status).toBe(401);
      await secondsLater(640, async () => {
        expect((await userinfo(third ?? '')).status).toBe(401);
      });
    });

    it('§5.3.3 refuses a user who is suspended, and a client that is disabled', async () => {
      const { access_token: carols } = await login({}, new Browser(server, 'carol'));
      expect((await userinfo(carols)).status).toBe(200);
      await server.get(UserStatusService).suspend({ issuer: ISSUER, subject: 'carol' }, seeder);
      expect((await userinfo(carols)).status).toBe(401);
      const doomed = await registerClient(server, 'doomed');
      const { access_token: token } = await alice.login(doomed, { scope: SCOPE });
      expect((await userinfo(token)).status).toBe(200);
      await server.get(ClientService).disable('doomed', seeder);
      expect((await userinfo(token)).status).toBe(401);
    });
  });

  it('Discovery §3 names what there is, and the issuer it was asked at [C9] [C96]', async () => {
    const { status, body } = await send(server, '/oauth/.well-known/openid-configuration');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      issuer: ISSUER,
      userinfo_endpoint: `${ISSUER}/userinfo`,
      end_session_endpoint: `${ISSUER}/logout`,
      jwks_uri: `${ISSUER}/jwks`,
      subject_types_supported: ['public'],
      response_types_supported: ['code'],
      id_token_signing_alg_values_supported: ['ES256'],
    });
    expect(body.scopes_supported).toEqual(expect.arrayContaining(['openid', 'profile', 'email']));
  });
});
