import { SigningKeyService } from '@sallyport/nest';
import { decodeProtectedHeader } from 'jose';
import { INSIDE } from '../support/authorization-answers.js';
import {
  authorizationRequest,
  Browser,
  form,
  grantRole,
  ISSUER,
  newVerifier,
  post,
  redeem,
  registerClient,
  send,
  startAuthorizationServer,
  type TestClient,
} from '../support/authorization-server.js';
import { seeder, type Instance } from '../support/instances.js';
import { rawRequest } from '../support/raw-request.js';
import { adapters, embeddedStores, startReferenceApi } from '../support/reference-api.js';

const METADATA = '/oauth/.well-known/openid-configuration';
const APP_ORIGIN = 'https://app.test';

type Jwk = Readonly<Record<string, unknown>>;

describe.each(adapters)('OAuth checklist, keys, metadata and transport, on %s', (adapter) => {
  let server: Instance;
  let shop: TestClient;
  let spa: TestClient;

  beforeAll(async () => {
    server = await startAuthorizationServer({ adapter });
    shop = await registerClient(server);
    spa = await registerClient(server, 'spa', { type: 'public', origins: [APP_ORIGIN] });
    await grantRole(server, 'alice');
  });
  afterAll(() => server.app.close());

  const jwks = async () => (await send(server, '/oauth/jwks')).body.keys as readonly Jwk[];

  it('42. The JWKS has no private member, and a kid, use and alg for every key [C64]', async () => {
    const keys = await jwks();
    expect(keys.length).toBeGreaterThanOrEqual(2);
    for (const key of keys) {
      expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
      expect(key).toMatchObject({ use: 'sig', alg: 'ES256' });
    }
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(keys.length);
  });

  it('42. RSA keys are published without private members too', async () => {
    const other = await startAuthorizationServer({
      adapter,
      sallyport: { signingKeys: { algorithm: 'RS256' } },
    });
    const { body } = await send(other, '/oauth/jwks');
    for (const key of body.keys as readonly Jwk[]) {
      expect(Object.keys(key).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
    }
    await other.app.close();
  });

  it('42. A key is published before it signs, and old tokens verify after it does [W4]', async () => {
    const browser = new Browser(server);
    const before = await browser.login(shop);
    const known = (await jwks()).map(({ kid }) => kid);
    expect(await server.get(SigningKeyService).rotateNow(seeder)).toBe(true);
    const after = await browser.login(shop);
    const kidOf = (token: string) => decodeProtectedHeader(token).kid;
    expect(kidOf(after.access_token)).not.toBe(kidOf(before.access_token));
    expect(known).toContain(kidOf(after.access_token));
    expect((await jwks()).map(({ kid }) => kid)).toContain(kidOf(before.access_token));
    for (const { access_token: token } of [before, after]) {
      expect(await server.probe({ token })).toBe(200);
    }
  });

  it('43. The metadata names https URLs of the issuer, S256 and asymmetric signatures only', async () => {
    const { body } = await send(server, METADATA);
    const metadata = body as Readonly<Record<string, unknown>>;
    expect(metadata.issuer).toBe(ISSUER);
    expect(metadata.code_challenge_methods_supported).toEqual(['S256']);
    for (const [name, value] of Object.entries(metadata)) {
      if (/(_endpoint|_uri)$/.test(name)) expect(value).toMatch(`${ISSUER}/`);
      if (name.endsWith('alg_values_supported')) {
        for (const algorithm of value as string[]) expect(algorithm).not.toMatch(/^(none|HS)/);
      }
    }
    expect(JSON.stringify(metadata)).not.toContain('"http://');
  });

  describe('44. CORS', () => {
    const preflight = (path: string, origin: string) =>
      send(server, path, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization',
        },
      });

    it('44. is not offered by the authorization endpoint or the pages', async () => {
      const request = form(authorizationRequest(spa, newVerifier())).toString();
      const started = await send(server, `/oauth/authorize?${request}`, {
        headers: { origin: APP_ORIGIN },
      });
      const interaction = new URL(started.headers.get('location') ?? '').pathname;
      const page = await send(server, interaction, { headers: { origin: APP_ORIGIN } });
      const logout = await send(server, '/oauth/logout', { headers: { origin: APP_ORIGIN } });
      const preflights = await Promise.all(
        ['/oauth/authorize', interaction, `${interaction}/login`, '/oauth/logout'].map((path) =>
          preflight(path, APP_ORIGIN),
        ),
      );
      for (const { headers } of [started, page, logout, ...preflights]) {
        expect(headers.get('access-control-allow-origin')).toBeNull();
        expect(headers.get('access-control-allow-credentials')).toBeNull();
      }
    });

    it('44. lets a client’s own origins read the token endpoint’s answers', async () => {
      const authorization = await new Browser(server).authorize(spa);
      expect((await preflight('/oauth/token', APP_ORIGIN)).status).toBe(204);
      const answer = await post(
        server,
        'token',
        spa,
        {
          grant_type: 'authorization_code',
          code: authorization.code,
          code_verifier: authorization.verifier,
          redirect_uri: authorization.redirectUri,
        },
        { origin: APP_ORIGIN },
      );
      expect(answer.status).toBe(200);
      expect(answer.headers.get('access-control-allow-origin')).toBe(APP_ORIGIN);
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
      expect(answer.headers.get('vary')).toMatch(/origin/i);
    });

    it.each(['token', 'revoke', 'introspect', 'par'] as const)(
      '44. tells %s’s refusal of an unknown client to no other origin',
      async (endpoint) => {
        const nobody = { clientId: 'nobody', secret: 'nothing' };
        const answer = await post(server, endpoint, nobody, {}, { origin: 'https://evil.test' });
        expect(answer.status).toBe(401);
        expect(answer.headers.get('access-control-allow-origin')).toBeNull();
      },
    );

    it.each(['https://evil.test', 'http://app.test', 'https://app.test:8443', 'null'])(
      '44. gives nothing to the origin %s, and takes nothing from it',
      async (origin) => {
        const authorization = await new Browser(server).authorize(spa);
        const { code, verifier, redirectUri } = authorization;
        const fields = { code, code_verifier: verifier, redirect_uri: redirectUri };
        const answer = await post(
          server,
          'token',
          spa,
          { grant_type: 'authorization_code', ...fields },
          { origin },
        );
        expect(answer.status).toBe(400);
        expect(answer.body).not.toHaveProperty('access_token');
        expect(answer.headers.get('access-control-allow-origin')).toBeNull();
        // Nothing was spent.
        expect((await redeem(server, spa, authorization)).status).toBe(200);
      },
    );
  });

  it('54. Every answer under /oauth is closed to sniffing and framing', async () => {
    const query = form(authorizationRequest(shop, newVerifier())).toString();
    for (const [method, path] of [
      ['GET', METADATA],
      ['GET', '/oauth/jwks'],
      ['GET', '/oauth/authorize'],
      ['GET', `/oauth/authorize?${query}`],
      ['GET', '/oauth/logout'],
      ['GET', '/oauth/logout/success'],
      ['GET', '/oauth/interaction/unknown'],
      ['POST', '/oauth/token'],
      ['POST', '/oauth/revoke'],
      ['POST', '/oauth/introspect'],
      ['POST', '/oauth/par'],
      ['POST', '/oauth/interaction/unknown/login'],
    ] as const) {
      const { status, headers, text } = await send(server, path, { method });
      expect(status).toBeLessThan(500);
      expect([path, headers.get('x-content-type-options')]).toEqual([path, 'nosniff']);
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(text).not.toMatch(INSIDE);
    }
  });

  it('54. TRACE, and what is not there, is refused without a word about the inside', async () => {
    for (const [method, path] of [
      ['TRACE', '/oauth/token'],
      ['TRACE', '/oauth/authorize'],
      ['TRACK', '/oauth/authorize'],
      ['GET', '/oauth/unknown'],
      ['GET', '/oauth/%2e%2e/admin'],
      ['GET', '/oauth/authorize/..%2ftoken'],
      ['POST', '/oauth/authorize/%00'],
    ] as const) {
      const { status, text } = await rawRequest(server, method, path, [['x-secret', 'echo']]);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      expect(text).not.toContain('echo');
      expect(text).not.toMatch(INSIDE);
    }
  });
});

describe('OAuth checklist, transport of the reference API', () => {
  it('54. nothing under /oauth says what it runs on', async () => {
    // Express names itself unless it is told not to; Fastify never does.
    const api = await startReferenceApi('express', embeddedStores);
    for (const path of [METADATA, '/oauth/authorize', '/oauth/interaction/unknown', '/oauth/no']) {
      const { headers } = await fetch(`${api.url}${path}`);
      expect(headers.get('x-powered-by')).toBeNull();
      expect(headers.get('server')).toBeNull();
    }
    await api.close();
  });
});
