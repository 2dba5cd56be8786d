import { jest } from '@jest/globals';
import { LoginSessionStore } from '@sallyport/nest';
import {
  authorizationRequest,
  Browser,
  grantRole,
  ISSUER,
  newVerifier,
  redeem,
  refresh,
  registerClient,
  startAuthorizationServer,
  type HttpAnswer,
  type TestClient,
} from '../support/authorization-server.js';
import type { Instance } from '../support/instances.js';
import { secondsLater } from '../support/time-travel.js';
import { createTestIssuer } from '../support/tokens.js';

const AFTER = 'https://shop.test/signed-out';
const SCOPE = 'openid invoices:read';

describe('OpenID Connect RP-Initiated Logout', () => {
  let server: Instance;
  let shop: TestClient;
  let other: TestClient;
  const signIn = { attempts: 1_000, addressAttempts: 1_000 };

  beforeAll(async () => {
    server = await startAuthorizationServer({ server: { signIn } });
    shop = await registerClient(server, 'shop', { postLogoutRedirectUris: [AFTER] });
    other = await registerClient(server, 'other');
    await grantRole(server, 'alice');
    await grantRole(server, 'bob');
  });
  afterAll(() => server.app.close());

  const signedIn = async (subject = 'alice') => {
    const browser = new Browser(server, subject);
    const tokens = await browser.login(shop, { scope: SCOPE });
    return { browser, tokens };
  };
  const logout = (browser: Browser, parameters: Record<string, string>): Promise<HttpAnswer> =>
    browser.open(`/oauth/logout?${new URLSearchParams(parameters).toString()}`);
  const confirm = (
    browser: Browser,
    { text }: HttpAnswer,
    answer: Record<string, string> = { logout: 'yes' },
  ): Promise<HttpAnswer> => {
    const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(text) ?? [];
    return browser.open('/oauth/logout/confirm', { xsrf, ...answer });
  };
  const isSignedIn = async (browser: Browser): Promise<boolean> => {
    const request = { ...authorizationRequest(shop, newVerifier()), prompt: 'none' };
    return (await browser.visit(request)).searchParams.has('code');
  };

  it('§2 asks the user, then signs out and goes back with the state [C96]', async () => {
    const { browser, tokens } = await signedIn();
    const page = await logout(browser, {
      id_token_hint: tokens.id_token,
      post_logout_redirect_uri: AFTER,
      state: 'back "again"',
    });
    expect(page.status).toBe(200);
    expect(page.text).toContain('Sign out?');
    expect(page.text).not.toContain(tokens.id_token);
    expect(await isSignedIn(browser)).toBe(true);
    const { status, headers } = await confirm(browser, page);
    expect(status).toBe(303);
    const url = new URL(headers.get('location') ?? '');
    expect(url.origin + url.pathname).toBe(AFTER);
    expect([...url.searchParams]).toEqual([['state', 'back "again"']]);
  });

  it('§2 ends what this browser was given, every client’s, and nothing of another device or user [C55] [C96]', async () => {
    const { browser, tokens } = await signedIn();
    const second = await browser.login(other);
    const phone = await signedIn();
    const bob = await signedIn('bob');
    const all = [tokens, second, phone.tokens, bob.tokens];
    for (const { access_token: token } of all) expect(await server.probe({ token })).toBe(200);
    await confirm(browser, await logout(browser, { id_token_hint: tokens.id_token }));
    const statuses = await Promise.all(
      all.map(({ access_token: token }) => server.probe({ token })),
    );
    expect(statuses).toEqual([401, 401, 200, 200]);
    expect((await refresh(server, shop, tokens.refresh_token)).status).toBe(400);
    expect((await refresh(server, other, second.refresh_token)).status).toBe(400);
    expect((await refresh(server, shop, phone.tokens.refresh_token)).status).toBe(200);
    expect(await isSignedIn(browser)).toBe(false);
    expect(await isSignedIn(phone.browser)).toBe(true);
    expect(await isSignedIn(bob.browser)).toBe(true);
  });

  it('§2 ends a code that was given and not yet redeemed', async () => {
    const { browser, tokens } = await signedIn();
    const authorization = await browser.authorize(other);
    await confirm(browser, await logout(browser, { id_token_hint: tokens.id_token }));
    const { status, body } = await redeem(server, other, authorization);
    expect([status, body.error]).toEqual([400, 'invalid_grant']);
  });

  it('§2 keeps the user signed in who says so', async () => {
    const { browser } = await signedIn();
    await confirm(browser, await logout(browser, {}), {});
    expect(await isSignedIn(browser)).toBe(true);
  });

  it('§2 takes an ID token that has expired, since users sign out late', async () => {
    const { browser, tokens } = await signedIn();
    await secondsLater(3_600, async () => {
      const page = await logout(browser, {
        id_token_hint: tokens.id_token,
        post_logout_redirect_uri: AFTER,
      });
      const { headers } = await confirm(browser, page);
      expect(headers.get('location')).toBe(AFTER);
    });
  });

  it('§3 takes client_id in place of the ID token', async () => {
    const { browser } = await signedIn();
    const page = await logout(browser, { client_id: 'shop', post_logout_redirect_uri: AFTER });
    expect((await confirm(browser, page)).headers.get('location')).toBe(AFTER);
  });

  it('§2 ends on our own page when nobody says where to go', async () => {
    const { browser, tokens } = await signedIn();
    const page = await logout(browser, { id_token_hint: tokens.id_token });
    const { headers } = await confirm(browser, page);
    expect(headers.get('location')).toMatch(new RegExp(`^${ISSUER}/logout/success`));
    const last = await browser.open(headers.get('location') ?? '');
    expect(last.status).toBe(200);
    expect(last.text).toContain('You are signed out');
  });

  it('§2 remembers nothing of whoever is not signed in', async () => {
    const kept = jest.spyOn(server.get(LoginSessionStore), 'put');
    expect((await logout(new Browser(server), {})).status).toBe(303);
    expect(kept).not.toHaveBeenCalled();
    kept.mockRestore();
  });

  it.each([
    ['another URI', 'https://evil.test/'],
    ['a query more', `${AFTER}?x=1`],
    ['a final slash', `${AFTER}/`],
    ['another case', AFTER.replace('signed', 'Signed')],
    ['a path up', 'https://shop.test/x/../signed-out'],
    ['user info', AFTER.replace('https://', 'https://shop.test@evil.test/')],
    ['a script', 'javascript:alert(1)'],
    ['a redirect_uri that is for codes', 'https://shop.test/callback'],
  ])('§3 goes nowhere that is not registered: %s', async (_what, uri) => {
    const { browser, tokens } = await signedIn();
    for (const hint of [{ id_token_hint: tokens.id_token }, { client_id: 'shop' }]) {
      const answer = await logout(browser, { ...hint, post_logout_redirect_uri: uri });
      expect(answer.status).toBe(400);
      expect(answer.headers.get('location')).toBeNull();
    }
    // Without either, nobody vouches for it.
    const page = await logout(browser, { post_logout_redirect_uri: uri });
    const { headers } = await confirm(browser, page);
    expect(headers.get('location')).toBe(`${ISSUER}/logout/success`);
  });

  it.each([
    ['of another issuer', () => createTestIssuer().sign({ aud: 'shop', sub: 'alice' })],
    [
      'signed by a stranger in our name',
      () => createTestIssuer().sign({ iss: ISSUER, aud: 'shop', sub: 'alice' }),
    ],
    ['that is none', () => 'x.y.z'],
    ['of an unknown client', () => createTestIssuer().sign({ iss: ISSUER, aud: 'nobody' })],
  ])('§2 refuses an id_token_hint %s', async (_what, hint) => {
    const { browser } = await signedIn();
    const answer = await logout(browser, {
      id_token_hint: hint(),
      post_logout_redirect_uri: AFTER,
    });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('location')).toBeNull();
    expect(await isSignedIn(browser)).toBe(true);
  });

  it('§2 refuses an id_token_hint beside another client_id', async () => {
    const { browser, tokens } = await signedIn();
    const both = { id_token_hint: tokens.id_token, client_id: 'other' };
    expect((await logout(browser, both)).status).toBe(400);
  });

  it.each([
    ['no token', {}],
    ['a made-up token', { xsrf: 'x'.repeat(43) }],
    ['the token twice', { xsrf: ['a', 'a'] }],
  ])('§6 signs nobody out whom another site sent: %s', async (_what, fields) => {
    const { browser, tokens } = await signedIn();
    await logout(browser, { id_token_hint: tokens.id_token });
    const answer = await browser.open('/oauth/logout/confirm', { logout: 'yes', ...fields });
    expect(answer.status).toBe(400);
    expect(await isSignedIn(browser)).toBe(true);
    expect(await server.probe({ token: tokens.access_token })).toBe(200);
  });

  it('§2 takes no duplicate parameter', async () => {
    const { browser } = await signedIn();
    const url = `/oauth/logout?client_id=shop&client_id=other&post_logout_redirect_uri=${AFTER}`;
    expect((await browser.open(url)).status).toBe(400);
  });

  it('§2 shows pages that nobody frames or keeps, and that lead where they say', async () => {
    const { browser, tokens } = await signedIn();
    const { headers } = await logout(browser, {
      id_token_hint: tokens.id_token,
      post_logout_redirect_uri: AFTER,
    });
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toMatch(/form-action [^;]*https:\/\/shop\.test/);
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cache-control')).toContain('no-store');
  });
});
