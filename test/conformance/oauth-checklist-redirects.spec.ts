import {
  ask,
  expectErrorPage,
  expectErrorRedirect,
  responseIn,
} from '../support/authorization-answers.js';
import {
  authorizationRequest,
  newVerifier,
  REDIRECT_URI,
  registerClient,
  startAuthorizationServer,
  type TestClient,
} from '../support/authorization-server.js';
import type { Instance } from '../support/instances.js';

describe('OAuth checklist, redirects of the authorization endpoint', () => {
  let server: Instance;
  let native: TestClient;
  let request: Record<string, string>;

  beforeAll(async () => {
    server = await startAuthorizationServer();
    const shop = await registerClient(server);
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
