import { ClientService } from '@sallyport/nest';
import { answersTo, ask, expectErrorPage } from '../support/authorization-answers.js';
import {
  authorizationRequest,
  Browser,
  newVerifier,
  readQuestion,
  redeem,
  refresh,
  registerClient,
  startAuthorizationServer,
  type TestClient,
} from '../support/authorization-server.js';
import { seeder, type Instance } from '../support/instances.js';

const CUSTOM_SCHEME = 'com.example.app:/oauth2redirect';
const CLAIMED_HTTPS = 'https://app.example.test/callback';

describe('RFC 8252, OAuth for native apps', () => {
  let server: Instance;
  let desktop: TestClient;
  let phone: TestClient;
  let claimed: TestClient;

  beforeAll(async () => {
    server = await startAuthorizationServer();
    const type = 'public';
    desktop = await registerClient(server, 'desktop', {
      type,
      redirectUris: ['http://127.0.0.1/callback'],
    });
    phone = await registerClient(server, 'phone', { type, redirectUris: [CUSTOM_SCHEME] });
    claimed = await registerClient(server, 'claimed', { type, redirectUris: [CLAIMED_HTTPS] });
  });
  afterAll(() => server.app.close());

  const asked = async (browser: Browser, client: TestClient) => {
    const answers = await answersTo(browser, (own) => own.authorize(client));
    return answers.flatMap(({ text }) => readQuestion(text)?.asks ?? []);
  };

  const register = (fields: object) =>
    server.get(ClientService).register(
      {
        clientId: 'wrong',
        name: 'Wrong',
        type: 'public',
        scope: [],
        grantTypes: ['authorization_code'],
        ...fields,
      },
      seeder,
    );

  it('§6 lets an app sign its user in without any secret [C57] [C60]', async () => {
    for (const client of [desktop, phone, claimed]) {
      const authorization = await new Browser(server).authorize(client);
      const { status, body } = await redeem(server, client, authorization);
      expect(status).toBe(200);
      expect((await refresh(server, client, body.refresh_token)).status).toBe(200);
    }
  });

  it('§7.1 goes back to a private-use scheme', async () => {
    const request = authorizationRequest(phone, newVerifier());
    const url = await new Browser(server).visit(request);
    expect(url.href).toMatch(/^com\.example\.app:\/oauth2redirect\?/);
    expect(url.searchParams.has('code')).toBe(true);
  });

  it('§7.1 refuses schemes that no domain stands behind', async () => {
    for (const uri of ['app:/callback', 'javascript:alert(1)', 'data:text/html,x', 'file:///x']) {
      await expect(register({ redirectUris: [uri] })).rejects.toMatchObject({
        code: 'ERR_INPUT_INVALID',
      });
    }
  });

  it('§7.3 goes back to the port that the app listens on', async () => {
    const redirectUri = 'http://127.0.0.1:51004/callback';
    const own = { ...desktop, redirectUri };
    const authorization = await new Browser(server).authorize(own);
    // The code is bound to that port, not to any.
    const elsewhere = { ...authorization, redirectUri: 'http://127.0.0.1:51005/callback' };
    expect((await redeem(server, own, elsewhere)).body.error).toBe('invalid_grant');
    expect((await redeem(server, own, authorization)).status).toBe(200);
  });

  it('§8.1 refuses what comes without PKCE', async () => {
    const {
      code_challenge: _c,
      code_challenge_method: _m,
      ...bare
    } = authorizationRequest(phone, newVerifier());
    const answer = await ask(server, bare);
    expect(answer.headers.get('location')).toMatch(
      /^com\.example\.app:\/oauth2redirect\?error=invalid_request/,
    );
  });

  it('§8.3 does not take localhost for the loopback address', async () => {
    const request = authorizationRequest(desktop, newVerifier());
    const answer = await ask(server, {
      ...request,
      redirect_uri: 'http://localhost:51004/callback',
    });
    expectErrorPage(answer, 'invalid_redirect_uri');
  });

  it('§8.4 refuses http anywhere but on the device itself', async () => {
    for (const uri of ['http://app.example.test/callback', 'http://192.168.0.7/callback']) {
      await expect(register({ redirectUris: [uri] })).rejects.toMatchObject({
        code: 'ERR_INPUT_INVALID',
      });
    }
  });

  it('§8.6 asks every time for apps that another could pose as', async () => {
    for (const client of [desktop, phone]) {
      const browser = new Browser(server);
      expect(await asked(browser, client)).toEqual(['login', 'consent']);
      expect(await asked(browser, client)).toEqual(['consent']);
    }
  });

  it('§8.6 does not ask for an app that has claimed its https URI', async () => {
    const browser = new Browser(server);
    expect(await asked(browser, claimed)).toEqual(['login']);
    expect(await asked(browser, claimed)).toEqual([]);
  });

  it('§8.6 gives such an app nothing by prompt=none', async () => {
    const browser = new Browser(server);
    await browser.authorize(phone);
    const request = authorizationRequest(phone, newVerifier());
    const url = await browser.visit({ ...request, prompt: 'none' });
    expect(url.searchParams.get('error')).toBe('interaction_required');
    expect(url.searchParams.has('code')).toBe(false);
  });
});
