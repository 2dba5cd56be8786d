import { generateKeyPair, exportJWK, SignJWT } from 'jose';
import { ask, expectErrorPage, expectErrorRedirect } from '../support/authorization-answers.js';
import {
  authorizationRequest,
  Browser,
  form,
  ISSUER,
  newVerifier,
  post,
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

const URN = 'urn:ietf:params:oauth:request_uri:';

describe('RFC 9126, pushed authorization requests', () => {
  let server: Instance;
  let shop: TestClient;
  let other: TestClient;
  let pushing: TestClient;

  beforeAll(async () => {
    server = await startAuthorizationServer();
    shop = await registerClient(server);
    other = await registerClient(server, 'other');
    pushing = await registerClient(server, 'pushing', { requiresPushedRequests: true });
  });
  afterAll(() => server.app.close());

  const push = async (client: TestClient, more: Record<string, string> = {}) => {
    const verifier = newVerifier();
    const request = { ...authorizationRequest(client, verifier), ...more };
    const { status, body } = await post(server, 'par', client, request);
    expect(status).toBe(201);
    return { verifier, request_uri: String(body.request_uri) };
  };
  const refusedPush = async (client: TestClient, more: Record<string, string | string[]>) =>
    refusalOf(
      await post(server, 'par', client, {
        ...authorizationRequest(client, newVerifier()),
        ...more,
      }),
      [client.secret],
    );

  it('§2.1 authenticates the client as the token endpoint does', async () => {
    const request = authorizationRequest(shop, newVerifier());
    for (const client of [
      { ...shop, secret: 'wrong' },
      { ...shop, secret: other.secret },
      { clientId: 'nobody', secret: 'x' },
    ]) {
      const { clientId: client_id } = client;
      const answer = await post(server, 'par', client, { ...request, client_id });
      expect(refusalOf(answer, [client.secret])).toBe('401 invalid_client');
    }
    // Without authentication at all, by client_id alone.
    expect(refusalOf(await post(server, 'par', null, request))).toBe('401 invalid_client');
  });

  it('§2.1 takes the assertion of a client with keys of its own', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const keyed = await registerClient(server, 'keyed', {
      jwks: { keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }] },
    });
    const assertion = await new SignJWT({ jti: newVerifier() })
      .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
      .setIssuer('keyed')
      .setSubject('keyed')
      .setAudience(ISSUER)
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(privateKey);
    const authentication = {
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    };
    const request = { ...authorizationRequest(keyed, newVerifier()), ...authentication };
    expect((await post(server, 'par', null, request)).status).toBe(201);
    expect(refusalOf(await post(server, 'par', null, request), [assertion])).toBe(
      '401 invalid_client',
    );
  });

  it('§2.1 refuses a request_uri in the pushed request', async () => {
    const { request_uri } = await push(shop);
    for (const value of [request_uri, 'https://shop.test/request', `${URN}x`]) {
      expect(await refusedPush(shop, { request_uri: value })).toBe('400 request_uri_not_supported');
    }
  });

  it('§2.2 answers 201 with a URI that cannot be guessed, and how long it lives', async () => {
    const request = authorizationRequest(shop, newVerifier());
    const { status, headers, body } = await post(server, 'par', shop, request);
    expect(status).toBe(201);
    expect(headers.get('cache-control')).toContain('no-store');
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(Object.keys(body as object).sort()).toEqual(['expires_in', 'request_uri']);
    expect(body.expires_in).toBeGreaterThanOrEqual(5);
    expect(body.expires_in).toBeLessThan(600);
    // §7.1: at least 128 bits; a character of base64url carries six.
    expect(String(body.request_uri).slice(URN.length)).toMatch(/^[\w-]{22,}$/);
  });

  it.each([
    [{ redirect_uri: 'https://evil.test/callback' }, 'invalid_request'],
    [{ redirect_uri: `${REDIRECT_URI}/` }, 'invalid_request'],
    [{ redirect_uri: '' }, 'invalid_request'],
    [{ response_type: '' }, 'invalid_request'],
    [{ response_type: 'token' }, 'unsupported_response_type'],
    [{ code_challenge: '' }, 'invalid_request'],
    [{ code_challenge_method: 'plain' }, 'invalid_request'],
    [{ client_id: 'other' }, 'invalid_request'],
    [{ scope: 'unknown' }, 'invalid_scope'],
    [{ resource: 'https://elsewhere.test' }, 'invalid_target'],
    [{ request: 'eyJhbGciOiJub25lIn0.e30.' }, 'request_not_supported'],
    [{ state: ['a', 'b'] }, 'invalid_request'],
  ])('§2.3 says at once what is wrong with %j', async (wrong, error) => {
    expect(await refusedPush(shop, wrong as Record<string, string>)).toBe(`400 ${error}`);
  });

  it('§2.3 refuses other methods, and bodies that are no form or too large', async () => {
    const authorization = `Basic ${Buffer.from(`shop:${shop.secret ?? ''}`).toString('base64')}`;
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const { status } = await send(server, '/oauth/par', { method, headers: { authorization } });
      expect([404, 405]).toContain(status);
    }
    const request = authorizationRequest(shop, newVerifier());
    const json = await send(server, '/oauth/par', {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(request),
    });
    expect(refusalOf(json, [shop.secret])).toBe('400 invalid_request');
    for (const [length, status] of [
      [40_000, 400],
      [100_000, 413],
    ] as const) {
      const large = await post(server, 'par', shop, { ...request, state: 'a'.repeat(length) });
      expect(refusalOf(large)).toBe(`${String(status)} invalid_request`);
      expect(large.text).not.toContain('request_uri');
    }
  });

  it('§2.3 reads nothing from the query', async () => {
    const query = form(authorizationRequest(shop, newVerifier())).toString();
    const authorization = `Basic ${Buffer.from(`shop:${shop.secret ?? ''}`).toString('base64')}`;
    const answer = await send(server, `/oauth/par?${query}`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
      body: '',
    });
    expect(refusalOf(answer, [shop.secret])).toBe('400 invalid_request');
  });

  it('§4 signs a user in with the request that was pushed', async () => {
    const { request_uri, verifier } = await push(shop, { state: 'pushed' });
    const url = await new Browser(server).visit({ client_id: 'shop', request_uri });
    expect(url.href.startsWith(`${REDIRECT_URI}?`)).toBe(true);
    expect(url.searchParams.get('state')).toBe('pushed');
    expect(url.searchParams.get('iss')).toBe(ISSUER);
    const authorization = {
      code: url.searchParams.get('code') ?? '',
      verifier,
      redirectUri: REDIRECT_URI,
    };
    expect((await redeem(server, shop, authorization)).status).toBe(200);
  });

  it('§4 takes nothing from the query that was not pushed', async () => {
    const { request_uri, verifier } = await push(shop, { scope: 'invoices:read', state: 'pushed' });
    const url = await new Browser(server).visit({
      client_id: 'shop',
      request_uri,
      redirect_uri: 'https://evil.test/callback',
      scope: 'invoices:read invoices:write',
      state: 'injected',
      code_challenge: 'a'.repeat(43),
      response_mode: 'fragment',
    });
    expect(url.href.startsWith(`${REDIRECT_URI}?`)).toBe(true);
    expect(url.searchParams.get('state')).toBe('pushed');
    const code = url.searchParams.get('code') ?? '';
    const { status, body } = await redeem(server, shop, {
      code,
      verifier,
      redirectUri: REDIRECT_URI,
    });
    expect(status).toBe(200);
    expect(body.scope).toBe('invoices:read');
  });

  it('§4 takes a request_uri once', async () => {
    const browser = new Browser(server);
    const { request_uri } = await push(shop);
    const url = await browser.visit({ client_id: 'shop', request_uri });
    expect(url.searchParams.has('code')).toBe(true);
    for (const visitor of [browser, new Browser(server, 'bob')]) {
      const query = form({ client_id: 'shop', request_uri }).toString();
      expectErrorPage(await visitor.open(`/oauth/authorize?${query}`), 'invalid_request_uri');
    }
  });

  it('§4 gives one code to all the logins that began with one request_uri', async () => {
    const { request_uri } = await push(shop);
    const browsers = ['alice', 'bob', 'carol'].map((name) => new Browser(server, name));
    const ends = await Promise.allSettled(
      browsers.map((browser) => browser.visit({ client_id: 'shop', request_uri })),
    );
    const codes = ends.filter(
      (end) => end.status === 'fulfilled' && end.value.searchParams.has('code'),
    );
    expect(codes).toHaveLength(1);
  });

  it('§4 binds a request_uri to the client that pushed it', async () => {
    const { request_uri } = await push(shop);
    const stolen = await ask(server, { client_id: 'other', request_uri });
    expect(stolen.status).toBe(400);
    expect(stolen.headers.get('location')).toBeNull();
    const url = await new Browser(server).visit({ client_id: 'shop', request_uri });
    expect(url.searchParams.has('code')).toBe(true);
  });

  it('§4 forgets a request_uri when it says', async () => {
    const { request_uri } = await push(shop);
    await secondsLater(61, async () => {
      const answer = await ask(server, { client_id: 'shop', request_uri });
      expect(answer.status).toBe(400);
      expect(answer.headers.get('location')).toBeNull();
    });
  });

  it('§4 refuses a request_uri that nobody was given', async () => {
    const { request_uri } = await push(shop);
    for (const forged of [
      `${URN}unknown`,
      URN,
      `${request_uri}x`,
      request_uri.slice(0, -1),
      `${URN}../../x`,
      `${URN}${'a'.repeat(5_000)}`,
    ]) {
      const answer = await ask(server, { client_id: 'shop', request_uri: forged });
      expectErrorPage(answer, 'invalid_request_uri');
    }
  });

  it('§5 is in the metadata', async () => {
    const { body } = await send(server, '/oauth/.well-known/openid-configuration');
    expect(body.pushed_authorization_request_endpoint).toBe(`${ISSUER}/par`);
    expect(body).not.toHaveProperty('require_pushed_authorization_requests');
  });

  it('§6 refuses a plain request of a client that must push', async () => {
    const request = authorizationRequest(pushing, newVerifier());
    expectErrorRedirect(await ask(server, request), 'invalid_request', { to: REDIRECT_URI });
    const { request_uri } = await push(pushing);
    const url = await new Browser(server).visit({ client_id: 'pushing', request_uri });
    expect(url.searchParams.has('code')).toBe(true);
  });

  it('§7.3 the client still proves itself when it redeems the code', async () => {
    const { request_uri, verifier } = await push(shop);
    const url = await new Browser(server).visit({ client_id: 'shop', request_uri });
    const code = url.searchParams.get('code') ?? '';
    const authorization = { code, verifier, redirectUri: REDIRECT_URI };
    const thief = { ...shop, secret: 'wrong' };
    const answer = await redeem(server, thief, authorization);
    expect(refusalOf(answer, [code, verifier])).toBe('401 invalid_client');
    expect((await redeem(server, shop, authorization)).status).toBe(200);
  });
});
