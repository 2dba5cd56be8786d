import {
  answersTo,
  ask,
  expectErrorPage,
  expectErrorRedirect,
  responseIn,
} from '../support/authorization-answers.js';
import {
  authorizationRequest,
  Browser,
  form,
  ISSUER,
  newVerifier,
  readQuestion,
  redeem,
  REDIRECT_URI,
  registerClient,
  startAuthorizationServer,
  type TestClient,
} from '../support/authorization-server.js';
import type { Instance } from '../support/instances.js';

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

  it.each([
    `${REDIRECT_URI}?next=1`,
    `${REDIRECT_URI}?`,
    `${REDIRECT_URI}/`,
    `${REDIRECT_URI}#`,
    `${REDIRECT_URI}#fragment`,
    `${REDIRECT_URI} `,
    ` ${REDIRECT_URI}`,
    `${REDIRECT_URI}\t`,
    `${REDIRECT_URI}\0`,
    'https://shop.test/Callback',
    'https://SHOP.test/callback',
    'HTTPS://shop.test/callback',
    'https://shop.test/%63allback',
    'https://shop.test/other/../callback',
    'https://shop.test/callback/../other',
    'https://shop.test/./callback',
    'https://shop.test//callback',
    'https://shop.test\\callback',
    'https:/shop.test/callback',
    'https://shop.test./callback',
    'https://shop.test:443/callback',
    'https://shop.test:8443/callback',
    'http://shop.test/callback',
    'https://user@shop.test/callback',
    'https://shop.test@evil.test/callback',
    'https://www.shop.test/callback',
    'https://shop.test.evil.test/callback',
    'https://evil.test/?https://shop.test/callback',
    'https://shop\u3002test/callback',
    '//shop.test/callback',
    '/callback',
    'javascript:alert(1)//https://shop.test/callback',
    'data:text/html,callback',
  ])(
    '1. A redirect URI that is not the registered one to the letter is not gone to: %j',
    async (uri) => {
      expectErrorPage(await ask(server, { ...request, redirect_uri: uri }), 'invalid_redirect_uri');
    },
  );

  it.each([
    ['http://127.0.0.1:49152/callback', 'http://127.0.0.1:49152/callback'],
    ['http://127.0.0.1:1/callback', 'http://127.0.0.1:1/callback'],
    ['http://[::1]:49152/callback', 'http://[::1]:49152/callback'],
  ])('2. A loopback redirect of a native client may come with a port: %s', async (uri, to) => {
    const own = authorizationRequest(native, newVerifier());
    const answer = await ask(server, { ...own, redirect_uri: uri, prompt: 'none' });
    expectErrorRedirect(answer, 'login_required', { to });
  });

  it.each([
    'http://127.0.0.1:49152/other',
    'http://127.0.0.1:49152/callback/',
    'http://127.0.0.1:49152/callback?next=1',
    'http://127.0.0.1:49152/x/../callback',
    'http://127.0.0.1:65536/callback',
    'http://127.0.0.1:port/callback',
    'http://127.0.0.2:49152/callback',
    'http://127.1:49152/callback',
    'http://2130706433:49152/callback',
    'http://localhost:49152/callback',
    'http://127.0.0.1.evil.test:49152/callback',
    'http://127.0.0.1:49152@evil.test/callback',
    'http://user@127.0.0.1:49152/callback',
    'http://[::ffff:127.0.0.1]:49152/callback',
    'http://[0:0:0:0:0:0:0:1]:49152/callback',
    'https://127.0.0.1:49152/callback',
  ])('2. Nothing but the port of a loopback redirect may vary: %s', async (uri) => {
    const own = authorizationRequest(native, newVerifier());
    expectErrorPage(await ask(server, { ...own, redirect_uri: uri }), 'invalid_redirect_uri');
  });

  it('2. A confidential client has no loopback redirect with a port of its choice', async () => {
    const local = await registerClient(server, 'local', {
      redirectUris: ['http://127.0.0.1:3001/callback'],
    });
    const own = authorizationRequest(local, newVerifier());
    const moved = { ...own, redirect_uri: 'http://127.0.0.1:3002/callback' };
    expectErrorPage(await ask(server, moved), 'invalid_redirect_uri');
    expect(responseIn(await ask(server, own))?.to).toMatch(/\/oauth\/interaction\//);
  });

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

  it('10. An unknown client or redirect URI is never turned into a redirect', async () => {
    const evil = 'https://evil.test/callback';
    for (const [changed, error] of [
      [{ client_id: 'nobody' }, 'invalid_client'],
      [{ client_id: 'nobody', redirect_uri: evil }, 'invalid_client'],
      [{ redirect_uri: evil }, 'invalid_redirect_uri'],
      [{ redirect_uri: evil, prompt: 'none' }, 'invalid_redirect_uri'],
      [{ redirect_uri: evil, response_type: 'token' }, 'invalid_redirect_uri'],
      [{ redirect_uri: evil, response_mode: 'form_post' }, 'invalid_redirect_uri'],
      [{ redirect_uri: evil, scope: 'unknown' }, 'invalid_redirect_uri'],
      [{ redirect_uri: evil, request: 'x' }, 'invalid_redirect_uri'],
      [{ redirect_uri: evil, request_uri: evil }, 'invalid_redirect_uri'],
    ] as const) {
      const answer = await ask(server, { ...request, ...changed });
      expectErrorPage(answer, error);
      expect(answer.text).not.toContain('evil.test');
    }
  });

  it('10. A redirect URI of another client is not this one’s', async () => {
    await registerClient(server, 'neighbour', {
      redirectUris: ['https://neighbour.test/callback'],
    });
    const answer = await ask(server, {
      ...request,
      redirect_uri: 'https://neighbour.test/callback',
    });
    expectErrorPage(answer, 'invalid_redirect_uri');
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

  it.each(['client_id', 'redirect_uri'])(
    '13. Two %s parameters are an invalid request, and lead nowhere',
    async (name) => {
      const value = request[name] ?? '';
      for (const other of [value, 'https://evil.test/callback']) {
        for (const values of [
          [value, other],
          [other, value],
        ]) {
          expectErrorPage(await ask(server, { ...request, [name]: values }), 'invalid_request');
        }
      }
    },
  );
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
