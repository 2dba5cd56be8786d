import { ClientService, RoleGrantService } from '@sallyport/nest';
import {
  basic,
  Browser,
  form,
  grantRole,
  ISSUER,
  post,
  refresh,
  registerClient,
  send,
  startAuthorizationServer,
  type HttpAnswer,
  type TestClient,
} from '../support/authorization-server.js';
import { ProofMaker } from '../support/dpop-proof.js';
import { seeder, type Instance } from '../support/instances.js';
import {
  claimsOf,
  clientCredentials,
  introspect,
  refusalOf,
  revoke,
} from '../support/oauth-answers.js';
import { secondsLater } from '../support/time-travel.js';
import { createTestIssuer, TEST_AUDIENCE } from '../support/tokens.js';

const ARCHIVE = 'https://archive.test';
const WAREHOUSE = 'https://warehouse.test';
const LEDGER = 'https://ledger.test';
const INACTIVE = { active: false };

describe('RFC 7662', () => {
  let server: Instance;
  let shop: TestClient;
  let other: TestClient;
  /** Resource servers: of this API, and of one that takes opaque tokens. */
  let gateway: TestClient;
  let archive: TestClient;
  let alice: Browser;

  beforeAll(async () => {
    server = await startAuthorizationServer({
      server: {
        resources: [
          { identifier: ARCHIVE, scope: ['invoices:read'], accessTokenFormat: 'opaque' },
          {
            identifier: WAREHOUSE,
            scope: ['invoices:read', 'invoices:write'],
            accessTokenFormat: 'opaque',
          },
          { identifier: LEDGER, scope: ['invoices:read'] },
        ],
      },
    });
    const grantTypes = ['authorization_code', 'refresh_token', 'client_credentials'];
    shop = await registerClient(server, 'shop', { grantTypes });
    other = await registerClient(server, 'other', { grantTypes });
    const asks = { grantTypes: [], redirectUris: [] };
    gateway = await registerClient(server, 'gateway', { ...asks, resources: [TEST_AUDIENCE] });
    archive = await registerClient(server, 'archive', { ...asks, resources: [ARCHIVE] });
    await grantRole(server, 'alice');
    alice = new Browser(server);
  });
  afterAll(() => server.app.close());

  const ofUser = (more: Record<string, string> = {}) => alice.login(shop, more);
  const ofClient = async (more: Record<string, string> = {}): Promise<string> =>
    (await clientCredentials(server, shop, more)).body.access_token;
  const forArchive = { resource: ARCHIVE, scope: 'invoices:read' };

  it("§2.2 tells the resource server what a user's JWT says [T1] [C69]", async () => {
    const { access_token: token } = await ofUser();
    const answer = await post(server, 'introspect', gateway, { token });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toContain('no-store');
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    const { iat, exp, jti, sid } = claimsOf(token);
    expect(answer.body).toEqual({
      active: true,
      iss: ISSUER,
      sub: 'alice',
      sub_type: 'user',
      aud: TEST_AUDIENCE,
      client_id: 'shop',
      scope: 'invoices:read invoices:write',
      roles: ['editor', 'viewer'],
      token_type: 'Bearer',
      jti,
      sid,
      iat,
      exp,
    });
  });

  it("§2.2 tells of a client's own token, which has no user [T1]", async () => {
    const token = await ofClient({ scope: 'invoices:read' });
    const { iat, exp, jti } = claimsOf(token);
    expect(await introspect(server, shop, token)).toEqual({
      active: true,
      iss: ISSUER,
      sub: 'shop',
      aud: TEST_AUDIENCE,
      client_id: 'shop',
      scope: 'invoices:read',
      token_type: 'Bearer',
      jti,
      iat,
      exp,
    });
  });

  it('§2.2 tells of an opaque token what a JWT would say [C101] [C70] [T1]', async () => {
    const { access_token: token } = await ofUser(forArchive);
    expect(token).not.toContain('.');
    const body = await introspect(server, archive, token);
    expect(body).toMatchObject({
      active: true,
      iss: ISSUER,
      sub: 'alice',
      sub_type: 'user',
      aud: ARCHIVE,
      client_id: 'shop',
      scope: 'invoices:read',
      roles: ['editor', 'viewer'],
      token_type: 'Bearer',
    });
    expect(body.exp - body.iat).toBe(600);
    expect(JSON.stringify(body)).not.toContain(token);
    const own = await introspect(server, archive, await ofClient(forArchive));
    expect(own).toMatchObject({ active: true, client_id: 'shop', aud: ARCHIVE });
    expect(own).not.toHaveProperty('sub_type');
  });

  it('§2.2 tells no scope that was taken from the client since, opaque or not', async () => {
    const narrowed = await registerClient(server, 'narrowed');
    const scope = 'openid invoices:read invoices:write';
    const tokens = [
      await alice.login(narrowed, { scope }),
      await alice.login(narrowed, { scope, resource: WAREHOUSE }),
    ];
    await server.get(ClientService).update('narrowed', { scope: ['invoices:read'] }, seeder);
    for (const { access_token: token } of tokens) {
      expect(await introspect(server, narrowed, token)).toMatchObject({
        active: true,
        scope: 'openid invoices:read',
      });
    }
  });

  it('§2.2 tells the key that a token is bound to (RFC 9449 §6.2)', async () => {
    const key = await ProofMaker.create();
    const bound = { grant_type: 'client_credentials' };
    const { body } = await post(server, 'token', shop, bound, { DPoP: await key.proof() });
    expect(body.token_type).toBe('DPoP');
    expect(await introspect(server, shop, body.access_token)).toMatchObject({
      active: true,
      token_type: 'DPoP',
      cnf: { jkt: key.jkt },
    });
  });

  it('§2.2 tells of a refresh token to its client alone', async () => {
    const { refresh_token: token } = await ofUser();
    expect(await introspect(server, shop, token)).toMatchObject({
      active: true,
      client_id: 'shop',
      sub: 'alice',
    });
    for (const stranger of [other, gateway, archive]) {
      expect(await introspect(server, stranger, token)).toEqual(INACTIVE);
    }
    expect((await refresh(server, shop, token)).status).toBe(200);
  });

  it.each(['access_token', 'refresh_token', 'nonsense', ''])(
    '§2.1 finds the token whatever the hint says: %j',
    async (hint) => {
      const { access_token: token, refresh_token: refreshToken } = await ofUser();
      const { access_token: opaque } = await ofUser(forArchive);
      for (const text of [token, refreshToken, opaque]) {
        const asked = { token: text, token_type_hint: hint };
        expect((await post(server, 'introspect', shop, asked)).body.active).toBe(true);
      }
    },
  );

  describe('§2.2 says exactly that it is not active', () => {
    const expectInactive = async (token: string, client = shop): Promise<void> => {
      const answer = await post(server, 'introspect', client, { token });
      expect([answer.status, answer.body]).toEqual([200, INACTIVE]);
    };

    it.each([
      ['text', 'x'.repeat(43)],
      ['what looks like a JWT', 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2ln'],
      ['two dots', '..'],
      ['10 kB', 'a'.repeat(10_000)],
      ['a long JWT', `${'a'.repeat(10_000)}.${'b'.repeat(10_000)}.c`],
      ['NUL', '\u0000'],
    ])('§2.2 of %s', async (_what, token) => {
      await expectInactive(token);
    });

    it('§2.2 of a token of another issuer', async () => {
      const stranger = createTestIssuer({ issuer: ISSUER }, () => new Date());
      await expectInactive(stranger.accessToken());
    });

    it('§2.2 of an ID token [C102]', async () => {
      const { id_token: token } = await ofUser({ scope: 'openid invoices:read', nonce: 'n' });
      await expectInactive(token);
    });

    it('§2.2 of a JWT whose signature was changed', async () => {
      const token = await ofClient();
      await expectInactive(`${token.slice(0, -8)}AAAAAAAA`);
    });

    it('§2.2 of tokens that have expired', async () => {
      const body = await ofUser();
      const [jwt, opaque] = [await ofClient(), await ofClient(forArchive)];
      await secondsLater(640, async () => {
        for (const token of [body.access_token, jwt, opaque]) await expectInactive(token);
        expect((await introspect(server, shop, body.refresh_token)).active).toBe(true);
      });
    });

    it('§2.2 of a refresh token that was used', async () => {
      const { refresh_token: token } = await ofUser();
      const { body } = await refresh(server, shop, token);
      await expectInactive(token);
      expect((await introspect(server, shop, body.refresh_token)).active).toBe(true);
    });

    it('§2.2 of everything that was revoked', async () => {
      const body = await ofUser();
      const opaque = await ofUser(forArchive);
      const tokens = [body.access_token, opaque.access_token, await ofClient()];
      for (const token of tokens) {
        await revoke(server, shop, token);
        await expectInactive(token);
      }
      await revoke(server, shop, body.refresh_token);
      await expectInactive(body.refresh_token);
      // With its family.
      await revoke(server, shop, opaque.refresh_token);
      await expectInactive(opaque.refresh_token);
    });

    it('§4 of what another client was given, also for another audience', async () => {
      const { access_token: forApi } = await ofUser();
      const { access_token: opaque } = await ofUser(forArchive);
      const forLedger = await ofClient({ resource: LEDGER, scope: 'invoices:read' });
      await expectInactive(forApi, other);
      await expectInactive(forApi, archive);
      await expectInactive(opaque, other);
      await expectInactive(opaque, gateway);
      await expectInactive(forLedger, gateway);
      await expectInactive(forLedger, archive);
      for (const token of [forApi, opaque, forLedger]) {
        expect((await introspect(server, shop, token)).active).toBe(true);
      }
    });

    it('§2.2 of a token whose roles have changed since, opaque or not', async () => {
      const [jwt, opaque] = [await alice.login(other), await alice.login(other, forArchive)];
      const tokens = [jwt.access_token, opaque.access_token];
      for (const token of tokens)
        expect((await introspect(server, other, token)).active).toBe(true);
      const user = { issuer: ISSUER, subject: 'alice' };
      const assignment = { user, clientId: 'other', role: 'viewer' };
      await server.get(RoleGrantService).grant(assignment, seeder);
      for (const token of tokens) await expectInactive(token, other);
    });

    it('§2.2 of tokens of a client that was disabled', async () => {
      const doomed = await registerClient(server, 'doomed', {
        grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
      });
      const body = await alice.login(doomed);
      const own = (await clientCredentials(server, doomed)).body.access_token;
      const { access_token: opaque } = await alice.login(doomed, forArchive);
      expect((await introspect(server, gateway, own)).active).toBe(true);
      expect((await introspect(server, archive, opaque)).active).toBe(true);
      await server.get(ClientService).disable('doomed', seeder);
      await expectInactive(own, gateway);
      await expectInactive(body.access_token, gateway);
      await expectInactive(opaque, archive);
    });
  });

  describe('§2.3 refuses', () => {
    let token: string;
    beforeAll(async () => {
      token = await ofClient();
    });
    const send1 = (body: string, type: string): Promise<HttpAnswer> =>
      send(server, '/oauth/introspect', {
        method: 'POST',
        body,
        headers: { 'content-type': type, authorization: basic('shop', shop.secret ?? '') },
      });

    it.each<[string, () => Promise<HttpAnswer>]>([
      ['no token', () => post(server, 'introspect', shop, {})],
      ['an empty token', () => post(server, 'introspect', shop, { token: '' })],
      ['a token twice', () => post(server, 'introspect', shop, { token: [token, token] })],
      ['JSON', () => send1(JSON.stringify({ token }), 'application/json')],
      ['plain text', () => send1(form({ token }).toString(), 'text/plain')],
      [
        'a token in the query',
        () =>
          send(server, `/oauth/introspect?${form({ token }).toString()}`, {
            method: 'POST',
            headers: { authorization: basic('shop', shop.secret ?? '') },
          }),
      ],
    ])('§2.1 %s', async (_what, ask) => {
      expect(refusalOf(await ask(), [token, shop.secret])).toBe('400 invalid_request');
    });

    it('§2.1 100 kB', async () => {
      const answer = await post(server, 'introspect', shop, { token: 'a'.repeat(100_000) });
      expect(refusalOf(answer)).toBe('413 invalid_request');
    });

    it.each<[string, { clientId: string; secret: string | null }]>([
      ['a wrong secret', { clientId: 'shop', secret: 'wrong' }],
      ['an empty secret', { clientId: 'shop', secret: '' }],
      ['an unknown client', { clientId: 'nobody', secret: 'x' }],
      ['a name alone', { clientId: 'shop', secret: null }],
    ])('§2.1 %s', async (_what, client) => {
      const answer = await post(server, 'introspect', client, { token });
      expect(refusalOf(answer, [token])).toBe('401 invalid_client');
    });

    it('§2.1 nobody, and an access token as authentication', async () => {
      const nobody = await post(server, 'introspect', null, { token });
      expect(refusalOf(nobody, [token])).toBe('400 invalid_request');
      const authorization = `Bearer ${token}`;
      const bearer = await post(server, 'introspect', null, { token }, { authorization });
      expect(refusalOf(bearer, [token])).toBe('400 invalid_request');
    });

    it('§2.1 a public client, which proves nothing, also about what is its own', async () => {
      const phone = await registerClient(server, 'phone', { type: 'public' });
      const body = await alice.login(phone);
      const { access_token: opaque } = await alice.login(phone, forArchive);
      for (const text of [body.access_token, body.refresh_token, opaque, 'x'.repeat(43)]) {
        const answer = await post(server, 'introspect', phone, { token: text });
        expect(refusalOf(answer, [text])).toBe('401 invalid_client');
      }
    });
  });
});
