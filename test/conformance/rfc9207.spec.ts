import { ask, responseIn } from '../support/authorization-answers.js';
import {
  authorizationRequest,
  Browser,
  form,
  ISSUER,
  newVerifier,
  registerClient,
  send,
  startAuthorizationServer,
  type TestClient,
} from '../support/authorization-server.js';
import type { Instance } from '../support/instances.js';

describe('RFC 9207, the issuer in authorization responses', () => {
  let server: Instance;
  let shop: TestClient;
  let request: Record<string, string>;

  beforeAll(async () => {
    server = await startAuthorizationServer();
    shop = await registerClient(server);
    request = authorizationRequest(shop, newVerifier());
  });
  afterAll(() => server.app.close());

  it('§2 comes with a code [C98]', async () => {
    for (const response_mode of ['query', 'fragment']) {
      const url = await new Browser(server).visit({ ...request, response_mode });
      const text = response_mode === 'query' ? url.search : url.hash;
      const parameters = new URLSearchParams(text.slice(1));
      expect(parameters.has('code')).toBe(true);
      expect(parameters.getAll('iss')).toEqual([ISSUER]);
    }
  });

  it('§2 comes with an error, before and after the user was asked', async () => {
    const { code_challenge: _, ...withoutChallenge } = request;
    for (const wrong of [
      { ...request, prompt: 'none' },
      { ...request, scope: 'unknown' },
      { ...request, response_type: 'token' },
      withoutChallenge,
    ]) {
      expect(responseIn(await ask(server, wrong))?.parameters).toMatchObject({ iss: ISSUER });
    }
    const partner = await registerClient(server, 'partner', { isThirdParty: true });
    const own = authorizationRequest(partner, newVerifier());
    const denied = await new Browser(server).visit(own, 'deny');
    expect(denied.searchParams.get('error')).toBe('access_denied');
    expect(denied.searchParams.getAll('iss')).toEqual([ISSUER]);
  });

  it('§2 comes with a response that a form posts, whose only script is allowed by its hash', async () => {
    const browser = new Browser(server);
    await browser.authorize(shop);
    const posted = { ...request, response_mode: 'form_post' };
    const { status, headers, text } = await browser.open(
      `/oauth/authorize?${form(posted).toString()}`,
    );
    expect(status).toBe(200);
    expect(text).toContain(`name="iss" value="${ISSUER}"`);
    expect(text).toMatch(/name="code" value="[^"]+"/);
    expect(headers.get('content-security-policy')).toMatch(/script-src [^;]*'sha256-[^;]+'/);
    expect(headers.get('content-security-policy')).not.toContain('unsafe');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  it('§2.4 names the issuer that the metadata has, whatever Host the request names', async () => {
    const { body } = await send(server, '/oauth/.well-known/openid-configuration');
    expect(body.authorization_response_iss_parameter_supported).toBe(true);
    const query = form({ ...request, prompt: 'none' }).toString();
    const answer = await send(server, `/oauth/authorize?${query}`, {
      headers: { 'x-forwarded-host': 'evil.test', 'x-forwarded-proto': 'http' },
    });
    expect(responseIn(answer)?.parameters.iss).toBe(body.issuer);
  });
});
