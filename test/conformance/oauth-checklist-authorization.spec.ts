import {
  answersTo,
  ask,
  expectErrorPage,
  expectErrorRedirect,
} from '../support/authorization-answers.js';
import {
  authorizationRequest,
  Browser,
  form,
  ISSUER,
  newVerifier,
  post,
  readQuestion,
  redeem,
  REDIRECT_URI,
  registerClient,
  send,
  startAuthorizationServer,
  type TestClient,
} from '../support/authorization-server.js';
import type { Instance } from '../support/instances.js';
import { refusalOf } from '../support/oauth-answers.js';
import { secondsLater } from '../support/time-travel.js';

const without = (request: Record<string, string>, ...names: readonly string[]) =>
  Object.fromEntries(Object.entries(request).filter(([name]) => !names.includes(name)));

describe('OAuth checklist, the authorization endpoint', () => {
  let server: Instance;
  let shop: TestClient;
  let spa: TestClient;
  let native: TestClient;
  let request: Record<string, string>;

  beforeAll(async () => {
    server = await startAuthorizationServer();
    shop = await registerClient(server);
    spa = await registerClient(server, 'spa', { type: 'public' });
    native = await registerClient(server, 'native', {
      type: 'public',
      redirectUris: ['http://127.0.0.1/callback', 'http://[::1]/callback'],
    });
    request = authorizationRequest(shop, newVerifier());
  });
  afterAll(() => server.app.close());

  it('3. A request without code_challenge is refused, of public and of confidential clients [C95]', async () => {
    for (const client of [spa, shop]) {
      const bare = without(
        authorizationRequest(client, newVerifier()),
        'code_challenge',
        'code_challenge_method',
      );
      expectErrorRedirect(await ask(server, bare), 'invalid_request', { to: REDIRECT_URI });
    }
  });

  it.each(['plain', '', 's256', 'S512', 'none'])(
    '4. code_challenge_method=%j is refused [C98]',
    async (method) => {
      for (const client of [spa, shop]) {
        const own = authorizationRequest(client, newVerifier());
        const answer = await ask(server, { ...own, code_challenge_method: method });
        expectErrorRedirect(answer, 'invalid_request', { to: REDIRECT_URI });
      }
    },
  );

  it('4. A missing code_challenge_method is refused, for its default is plain [C98]', async () => {
    const bare = without(request, 'code_challenge_method');
    expectErrorRedirect(await ask(server, bare), 'invalid_request', { to: REDIRECT_URI });
  });

  it.each(['token', 'id_token', 'code token', 'code id_token', 'id_token token', 'none', 'CODE'])(
    '6. response_type=%s is not supported [C10] [C88]',
    async (type) => {
      const answer = await ask(server, { ...request, response_type: type, nonce: 'n-1' });
      expectErrorRedirect(answer, 'unsupported_response_type', { to: REDIRECT_URI });
    },
  );

  it('7. Every response names the issuer: codes, errors before the login, and errors after it [C98]', async () => {
    const partner = await registerClient(server, 'denied', { isThirdParty: true });
    const own = authorizationRequest(partner, newVerifier());
    const issuersOf = (url: URL) => url.searchParams.getAll('iss');
    expect(issuersOf(await new Browser(server).visit(request))).toEqual([ISSUER]);
    expect(issuersOf(await new Browser(server).visit({ ...request, prompt: 'none' }))).toEqual([
      ISSUER,
    ]);
    expect(issuersOf(await new Browser(server).visit(own, 'deny'))).toEqual([ISSUER]);
    const { body } = await send(server, '/oauth/.well-known/openid-configuration');
    expect(body.authorization_response_iss_parameter_supported).toBe(true);
  });

  it('8. Every redirect of a login is a 303, so that no browser sends the password on', async () => {
    const answers = await answersTo(new Browser(server), (browser) => browser.authorize(shop));
    const redirects = answers.filter(({ headers }) => headers.has('location'));
    expect(redirects.length).toBeGreaterThanOrEqual(3);
    expect(redirects.map(({ status }) => status)).toEqual(redirects.map(() => 303));
  });

  it('9. The pages cannot be framed, and tell nobody which URL they had', async () => {
    const partner = await registerClient(server, 'framed', { isThirdParty: true });
    const answers = await answersTo(new Browser(server), (browser) => browser.authorize(partner));
    const pages = answers.filter(({ status }) => status === 200);
    expect(pages.map(({ text }) => readQuestion(text)?.asks)).toEqual(['login', 'consent']);
    const error = await ask(server, { ...request, client_id: 'nobody' });
    for (const { headers } of [...pages, error]) {
      const policy = headers.get('content-security-policy');
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toMatch(/script-src (?!'none')|unsafe/);
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cache-control')).toBe('no-store');
    }
    // The redirects between them too: their URLs carry codes and the ids of interactions.
    for (const { headers } of answers) expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  it('11. prompt=none without a session is login_required, with the state as it came', async () => {
    const state = `${'ä€%20+&=#"<>\u202e'.repeat(80)}${'s'.repeat(1_000)}`;
    expect(state.length).toBeGreaterThanOrEqual(2_000);
    const answer = await ask(server, { ...request, prompt: 'none', state });
    expectErrorRedirect(answer, 'login_required', { to: REDIRECT_URI, state });
  });

  it('11. prompt=none asks nobody for consent either', async () => {
    const partner = await registerClient(server, 'silent', { isThirdParty: true });
    const browser = new Browser(server);
    await browser.authorize(shop);
    const own = { ...authorizationRequest(partner, newVerifier()), prompt: 'none' };
    const answer = await browser.open(`/oauth/authorize?${form(own).toString()}`);
    expectErrorRedirect(answer, 'consent_required', { to: REDIRECT_URI });
  });

  describe('12. Consent', () => {
    const asked = async (browser: Browser, client: TestClient, scope: string) => {
      const answers = await answersTo(browser, (own) => own.authorize(client, { scope }));
      return answers.flatMap(({ text }) => readQuestion(text)?.asks ?? []);
    };

    it('12. counts for what was agreed to, and is asked again for more [C20]', async () => {
      const partner = await registerClient(server, 'partner', { isThirdParty: true });
      const browser = new Browser(server, 'bob');
      expect(await asked(browser, partner, 'invoices:read')).toEqual(['login', 'consent']);
      expect(await asked(browser, partner, 'invoices:read')).toEqual([]);
      expect(await asked(browser, partner, 'invoices:read invoices:write')).toEqual(['consent']);
      expect(await asked(browser, partner, 'invoices:write')).toEqual([]);
    });

    it('12. of one client is none of another', async () => {
      const first = await registerClient(server, 'first', { isThirdParty: true });
      const second = await registerClient(server, 'second', { isThirdParty: true, type: 'public' });
      const browser = new Browser(server, 'carol');
      expect(await asked(browser, first, 'invoices:read')).toEqual(['login', 'consent']);
      expect(await asked(browser, second, 'invoices:read')).toEqual(['consent']);
    });

    it('12. of one user is none of another', async () => {
      const client = await registerClient(server, 'shared', { isThirdParty: true });
      expect(await asked(new Browser(server, 'alice'), client, 'invoices:read')).toContain(
        'consent',
      );
      expect(await asked(new Browser(server, 'bob'), client, 'invoices:read')).toContain('consent');
    });

    it('12. is asked every time for a client that anyone on the device could pose as', async () => {
      const browser = new Browser(server);
      expect(await asked(browser, native, 'invoices:read')).toEqual(['login', 'consent']);
      expect(await asked(browser, native, 'invoices:read')).toEqual(['consent']);
    });

    it('12. that was refused is access_denied, and is asked again', async () => {
      const client = await registerClient(server, 'refused', { isThirdParty: true });
      const browser = new Browser(server);
      const own = authorizationRequest(client, newVerifier());
      const back = await browser.visit(own, 'deny');
      expect(Object.fromEntries(back.searchParams)).toMatchObject({
        error: 'access_denied',
        state: 'state-1',
        iss: ISSUER,
      });
      expect(back.searchParams.has('code')).toBe(false);
      expect(await asked(browser, client, own.scope ?? '')).toEqual(['consent']);
    });
  });

  describe('23. Pushed requests', () => {
    const push = async (client: TestClient, more: Record<string, string> = {}) =>
      post(server, 'par', client, { ...authorizationRequest(client, newVerifier()), ...more });

    it('23. are used once, by the client that pushed them, and soon', async () => {
      const { body } = await push(shop);
      expect(body.expires_in).toBeLessThan(600);
      const request_uri = String(body.request_uri);
      const stolen = await ask(server, { client_id: 'spa', request_uri });
      expect([stolen.status, stolen.headers.get('location')]).toEqual([400, null]);
      const pushed = { client_id: 'shop', request_uri };
      const url = await new Browser(server).visit(pushed);
      expect(url.searchParams.has('code')).toBe(true);
      expectErrorPage(await ask(server, pushed), 'invalid_request_uri');
      const late = { client_id: 'shop', request_uri: String((await push(shop)).body.request_uri) };
      await secondsLater(Number(body.expires_in) + 1, async () => {
        expectErrorPage(await ask(server, late), 'invalid_request_uri');
      });
    });

    it('23. are the only ones of a client that must push', async () => {
      const pushing = await registerClient(server, 'pushing', { requiresPushedRequests: true });
      const plain = await ask(server, authorizationRequest(pushing, newVerifier()));
      expectErrorRedirect(plain, 'invalid_request', { to: REDIRECT_URI });
    });

    it('24. contain no request_uri themselves', async () => {
      const { body } = await push(shop);
      const nested = await push(shop, { request_uri: String(body.request_uri) });
      expect(refusalOf(nested, [shop.secret])).toBe('400 request_uri_not_supported');
    });
  });
});

describe('OAuth checklist, the authorization endpoint of a lenient server', () => {
  let server: Instance;
  let shop: TestClient;

  beforeAll(async () => {
    server = await startAuthorizationServer({ server: { oauth21: 'lenient' } });
    shop = await registerClient(server);
  });
  afterAll(() => server.app.close());

  const withoutChallenge = (client: TestClient) =>
    without(authorizationRequest(client, newVerifier()), 'code_challenge', 'code_challenge_method');

  it('3. A public client needs a code_challenge even there', async () => {
    const spa = await registerClient(server, 'spa', { type: 'public' });
    const answer = await ask(server, withoutChallenge(spa));
    expectErrorRedirect(answer, 'invalid_request', { to: REDIRECT_URI });
  });

  it('4. plain and a missing method are refused even there', async () => {
    const request = authorizationRequest(shop, newVerifier());
    const plain = { ...request, code_challenge_method: 'plain' };
    const missing = without(request, 'code_challenge_method');
    for (const wrong of [plain, missing]) {
      expectErrorRedirect(await ask(server, wrong), 'invalid_request', { to: REDIRECT_URI });
    }
  });

  it('5. A code given without code_challenge takes no code_verifier', async () => {
    const browser = new Browser(server);
    const codeFor = async () => {
      const url = await browser.visit(withoutChallenge(shop));
      return url.searchParams.get('code') ?? '';
    };
    const redirectUri = REDIRECT_URI;
    const downgraded = { code: await codeFor(), verifier: newVerifier(), redirectUri };
    const answer = await redeem(server, shop, downgraded);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ error: 'invalid_grant' });
    // A confidential client that never spoke of PKCE is served.
    const plain = { code: await codeFor(), verifier: '', redirectUri };
    expect((await redeem(server, shop, plain)).status).toBe(200);
  });
});
