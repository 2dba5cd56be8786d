import {
  basic,
  Browser,
  form,
  grantRole,
  post,
  refresh,
  registerClient,
  send,
  startAuthorizationServer,
  type HttpAnswer,
  type TestClient,
} from '../support/authorization-server.js';
import type { Instance } from '../support/instances.js';
import { clientCredentials, introspect, refusalOf, revoke } from '../support/oauth-answers.js';

const ARCHIVE = 'https://archive.test';

describe('RFC 7009', () => {
  let server: Instance;
  let shop: TestClient;
  let other: TestClient;
  let phone: TestClient;
  let alice: Browser;

  beforeAll(async () => {
    server = await startAuthorizationServer({
      server: {
        resources: [{ identifier: ARCHIVE, scope: ['invoices:read'], accessTokenFormat: 'opaque' }],
      },
    });
    const grantTypes = ['authorization_code', 'refresh_token', 'client_credentials'];
    shop = await registerClient(server, 'shop', { grantTypes });
    other = await registerClient(server, 'other', { grantTypes });
    phone = await registerClient(server, 'phone', { type: 'public' });
    await grantRole(server, 'alice');
    alice = new Browser(server);
  });
  afterAll(() => server.app.close());

  const opaque = async (client = shop): Promise<{ user: string; client: string }> => ({
    user: (await alice.login(client, { resource: ARCHIVE, scope: 'invoices:read' })).access_token,
    client: (await clientCredentials(server, client, { resource: ARCHIVE, scope: 'invoices:read' }))
      .body.access_token,
  });
  const isActive = async (token: string, client = shop): Promise<boolean> =>
    (await introspect(server, client, token)).active;

  it('§2.2 answers 200 and nothing more for a JWT access token, which then opens nothing [T1] [C29]', async () => {
    const { access_token: token, refresh_token: refreshToken } = await alice.login(shop);
    expect(await server.probe({ token })).toBe(200);
    const { status, text, headers } = await revoke(server, shop, token);
    expect([status, text]).toEqual([200, '{}']);
    expect(headers.get('cache-control')).toContain('no-store');
    expect(await server.probe({ token })).toBe(401);
    expect(await isActive(token)).toBe(false);
    // RFC 7009 §2.1 leaves it to us: the family goes on.
    expect((await refresh(server, shop, refreshToken)).status).toBe(200);
  });

  it('§2.1 revokes a token that a client got for itself [T1]', async () => {
    const { access_token: token } = (await clientCredentials(server, shop)).body;
    const { access_token: another } = (await clientCredentials(server, shop)).body;
    expect(await server.probe({ token })).toBe(200);
    expect((await revoke(server, shop, token)).status).toBe(200);
    expect(await server.probe({ token })).toBe(401);
    expect(await server.probe({ token: another })).toBe(200);
  });

  it('§2.1 revokes an opaque token of a user and of a client, and no other [T1] [C101]', async () => {
    const [first, second] = [await opaque(), await opaque()];
    for (const kind of ['user', 'client'] as const) {
      expect(await isActive(first[kind])).toBe(true);
      expect((await revoke(server, shop, first[kind])).status).toBe(200);
      expect(await isActive(first[kind])).toBe(false);
      expect(await isActive(second[kind])).toBe(true);
    }
  });

  it('§2.1 ends the whole family with a refresh token, access tokens too [C66]', async () => {
    const first = await alice.login(shop);
    const { body: second } = await refresh(server, shop, first.refresh_token);
    const untouched = await alice.login(shop);
    expect((await revoke(server, shop, second.refresh_token)).status).toBe(200);
    for (const token of [first.access_token, second.access_token]) {
      expect(await server.probe({ token })).toBe(401);
    }
    expect(refusalOf(await refresh(server, shop, second.refresh_token))).toBe('400 invalid_grant');
    expect(await server.probe({ token: untouched.access_token })).toBe(200);
    expect((await refresh(server, shop, untouched.refresh_token)).status).toBe(200);
  });

  it('§2.1 lets a public client revoke by its client_id what is its own', async () => {
    const { access_token: token, refresh_token: refreshToken } = await alice.login(phone);
    expect((await revoke(server, phone, refreshToken)).status).toBe(200);
    expect(await server.probe({ token })).toBe(401);
    expect((await refresh(server, phone, refreshToken)).status).toBe(400);
  });

  it.each(['access_token', 'refresh_token', 'nonsense', ''])(
    '§2.1 finds the token whatever the hint says: %j',
    async (hint) => {
      const { access_token: token, refresh_token: refreshToken } = await alice.login(shop);
      const by = (text: string) =>
        post(server, 'revoke', shop, { token: text, token_type_hint: hint });
      const { user } = await opaque();
      for (const text of [token, user, refreshToken]) expect((await by(text)).status).toBe(200);
      expect(await server.probe({ token })).toBe(401);
      expect(await isActive(user)).toBe(false);
      expect((await refresh(server, shop, refreshToken)).status).toBe(400);
    },
  );

  it("§2.1 refuses another client's token of any kind, and it stays good", async () => {
    const body = await alice.login(shop);
    const { user, client } = await opaque();
    const { access_token: own } = (await clientCredentials(server, shop)).body;
    for (const token of [body.access_token, body.refresh_token, user, client, own]) {
      for (const stranger of [other, phone]) {
        const answer = await revoke(server, stranger, token);
        expect(refusalOf(answer, [token])).toBe('400 invalid_request');
      }
    }
    expect(await server.probe({ token: body.access_token })).toBe(200);
    expect(await server.probe({ token: own })).toBe(200);
    expect(await isActive(user)).toBe(true);
    expect(await isActive(client)).toBe(true);
    expect((await refresh(server, shop, body.refresh_token)).status).toBe(200);
  });

  it.each([
    ['one that never was', 'x'.repeat(43)],
    ['one that looks like a JWT', 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2ln'],
    ['two dots', '..'],
    ['10 kB', 'a'.repeat(10_000)],
    ['NUL', '\u0000'],
    ['half a character', '\ud83d'],
  ])('§2.2 answers 200 for a token that is none: %s', async (_what, token) => {
    expect((await revoke(server, shop, token)).status).toBe(200);
  });

  it('§2.2 answers 200 for one that was revoked before', async () => {
    const { access_token: token, refresh_token: refreshToken } = await alice.login(shop);
    const { user } = await opaque();
    for (const text of [token, token, user, user, refreshToken, refreshToken]) {
      expect((await revoke(server, shop, text)).status).toBe(200);
    }
  });

  describe('§2.2.1 refuses, and revokes nothing', () => {
    let token: string;
    beforeAll(async () => {
      ({ access_token: token } = (await clientCredentials(server, shop)).body);
    });
    afterEach(async () => {
      expect(await server.probe({ token })).toBe(200);
    });
    const withBody = (
      body: string,
      type = 'application/x-www-form-urlencoded',
    ): Promise<HttpAnswer> =>
      send(server, '/oauth/revoke', {
        method: 'POST',
        body,
        headers: {
          'content-type': type,
          authorization: basic(shop.clientId, shop.secret ?? ''),
        },
      });

    it.each<[string, () => Promise<HttpAnswer>]>([
      ['no token', () => post(server, 'revoke', shop, {})],
      ['an empty token', () => post(server, 'revoke', shop, { token: '' })],
      ['a token twice', () => post(server, 'revoke', shop, { token: [token, token] })],
      ['JSON', () => withBody(JSON.stringify({ token }), 'application/json')],
      ['plain text', () => withBody(form({ token }).toString(), 'text/plain')],
      ['a token in the query', () => query(token)],
      [
        'two methods of authentication',
        () =>
          post(server, 'revoke', shop, {
            token,
            client_id: shop.clientId,
            client_secret: shop.secret ?? '',
          }),
      ],
    ])('§2.2.1 %s', async (_what, ask) => {
      expect(refusalOf(await ask(), [token, shop.secret])).toBe('400 invalid_request');
    });

    it('§2.2.1 a body of 100 kB', async () => {
      const answer = await post(server, 'revoke', shop, { token: [token, 'a'.repeat(100_000)] });
      expect(refusalOf(answer, [token])).toBe('413 invalid_request');
    });

    const query = (text: string): Promise<HttpAnswer> =>
      send(server, `/oauth/revoke?${form({ token: text }).toString()}`, {
        method: 'POST',
        headers: { authorization: basic(shop.clientId, shop.secret ?? '') },
      });

    it.each<[string, () => Promise<HttpAnswer>]>([
      ['a wrong secret', () => revoke(server, { clientId: 'shop', secret: 'wrong' }, token)],
      ['an empty secret', () => revoke(server, { clientId: 'shop', secret: '' }, token)],
      ['an unknown client', () => revoke(server, { clientId: 'nobody', secret: 'x' }, token)],
      ['a name alone', () => revoke(server, { clientId: 'shop', secret: null }, token)],
    ])('§2.1 %s', async (_what, ask) => {
      expect(refusalOf(await ask(), [token])).toBe('401 invalid_client');
    });

    it('§2.1 nobody at all', async () => {
      const answer = await post(server, 'revoke', null, { token });
      expect(refusalOf(answer, [token])).toBe('400 invalid_request');
    });

    it.each(['GET', 'PUT', 'DELETE'])('§2.1 %s', async (method) => {
      const { status } = await send(server, `/oauth/revoke?${form({ token }).toString()}`, {
        method,
        headers: { authorization: basic(shop.clientId, shop.secret ?? '') },
      });
      expect(status).toBe(404);
    });
  });
});
