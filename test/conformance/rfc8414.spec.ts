import {
  authorizationRequest,
  Browser,
  ISSUER,
  newVerifier,
  post,
  registerClient,
  send,
  startAuthorizationServer,
} from '../support/authorization-server.js';
import type { Instance } from '../support/instances.js';
import { rawRequest } from '../support/raw-request.js';
import { adapters } from '../support/reference-api.js';

const RFC_8414 = '/.well-known/oauth-authorization-server/oauth';
const OPENID = '/oauth/.well-known/openid-configuration';

describe.each(adapters)('RFC 8414, metadata of the authorization server, on %s', (adapter) => {
  let server: Instance;

  beforeAll(async () => {
    server = await startAuthorizationServer({ adapter });
  });
  afterAll(() => server.app.close());

  const metadata = async () =>
    (await send(server, RFC_8414)).body as Readonly<Record<string, unknown>>;

  it('§2 has what must be there, and the endpoints that are [C9]', async () => {
    expect(await metadata()).toMatchObject({
      issuer: ISSUER,
      authorization_endpoint: `${ISSUER}/authorize`,
      token_endpoint: `${ISSUER}/token`,
      jwks_uri: `${ISSUER}/jwks`,
      revocation_endpoint: `${ISSUER}/revoke`,
      introspection_endpoint: `${ISSUER}/introspect`,
      userinfo_endpoint: `${ISSUER}/userinfo`,
      end_session_endpoint: `${ISSUER}/logout`,
      pushed_authorization_request_endpoint: `${ISSUER}/par`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
    });
  });

  it('§2 names the grants and client authentications that there are, and no others [C10]', async () => {
    const { grant_types_supported, token_endpoint_auth_methods_supported } = await metadata();
    expect([...(grant_types_supported as string[])].sort()).toEqual([
      'authorization_code',
      'client_credentials',
      'refresh_token',
    ]);
    expect(await metadata()).toMatchObject({
      revocation_endpoint_auth_methods_supported: expect.arrayContaining([
        'private_key_jwt',
        'none',
      ]),
      introspection_endpoint_auth_methods_supported: expect.not.arrayContaining(['none']),
    });
    expect([...(token_endpoint_auth_methods_supported as string[])].sort()).toEqual([
      'client_secret_basic',
      'client_secret_post',
      'none',
      'private_key_jwt',
    ]);
  });

  it('§2 names no endpoint that is not there', async () => {
    for (const [name, value] of Object.entries(await metadata())) {
      if (!/(_endpoint|_uri)$/.test(name)) continue;
      const path = new URL(String(value)).pathname;
      const method = /token|revo|intro|par$/.test(path) ? 'POST' : 'GET';
      const { status } = await send(server, path, { method });
      expect([name, status]).not.toEqual([name, 404]);
      expect(status).toBeLessThan(500);
    }
  });

  it('§2 offers no registration, device grant or backchannel authentication', async () => {
    const members = Object.keys(await metadata());
    for (const name of [
      'registration_endpoint',
      'device_authorization_endpoint',
      'backchannel_authentication_endpoint',
    ]) {
      expect(members).not.toContain(name);
    }
    for (const path of ['/oauth/reg', '/oauth/register', '/oauth/device', '/oauth/backchannel']) {
      for (const method of ['GET', 'POST']) {
        expect((await send(server, path, { method })).status).toBe(404);
      }
    }
  });

  it('§3 is found between host and path, and where OpenID Connect looks [C9]', async () => {
    const [ours, openid] = [await send(server, RFC_8414), await send(server, OPENID)];
    expect(ours.body).toEqual(openid.body);
    expect((await send(server, '/oauth/.well-known/oauth-authorization-server')).body).toEqual(
      ours.body,
    );
    expect((await send(server, '/.well-known/oauth-authorization-server')).status).toBe(404);
  });

  it('§3.2 is JSON, for browsers of any origin too', async () => {
    const answer = await send(server, RFC_8414, { headers: { origin: 'https://app.test' } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(['*', 'https://app.test']).toContain(answer.headers.get('access-control-allow-origin'));
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
  });

  it('§3.3 names the issuer that it was asked for, to the letter, whoever asks', async () => {
    for (const headers of [
      [['host', 'evil.test']],
      [['x-forwarded-host', 'evil.test']],
      [['forwarded', 'host=evil.test;proto=http']],
    ] as const) {
      for (const path of [RFC_8414, OPENID]) {
        const { status, text } = await rawRequest(server, 'GET', path, headers);
        expect(status).toBe(200);
        expect((JSON.parse(text) as { issuer: string }).issuer).toBe(ISSUER);
        expect(text).not.toContain('evil.test');
      }
    }
  });

  it('§3.3 is what the server does: its issuer is in responses and tokens', async () => {
    const shop = await registerClient(server);
    const url = await new Browser(server).visit(authorizationRequest(shop, newVerifier()));
    expect(url.searchParams.get('iss')).toBe(ISSUER);
    const { body } = await post(server, 'token', shop, { grant_type: 'password' });
    expect(body.error).toBe('unsupported_grant_type');
  });
});
