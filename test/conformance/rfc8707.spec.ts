import { ClientService } from '@sallyport/nest';
import {
  authorizationRequest,
  Browser,
  grantRole,
  newVerifier,
  post,
  redeem,
  refresh,
  registerClient,
  startAuthorizationServer,
  type TestClient,
} from '../support/authorization-server.js';
import { seeder, type Instance } from '../support/instances.js';
import {
  claimsOf,
  clientCredentials,
  headerOf,
  introspect,
  refusalOf,
} from '../support/oauth-answers.js';
import { TEST_AUDIENCE } from '../support/tokens.js';

const ARCHIVE = 'https://archive.test';
const LEDGER = 'https://ledger.test/api';

describe('RFC 8707', () => {
  let server: Instance;
  let shop: TestClient;
  let alice: Browser;

  beforeAll(async () => {
    server = await startAuthorizationServer({
      server: {
        resources: [
          { identifier: ARCHIVE, scope: ['invoices:read'], accessTokenFormat: 'opaque' },
          { identifier: LEDGER, scope: ['invoices:write', 'ledger:post'], accessTokenSeconds: 120 },
        ],
      },
    });
    const grantTypes = ['authorization_code', 'refresh_token', 'client_credentials'];
    shop = await registerClient(server, 'shop', { grantTypes });
    await grantRole(server, 'alice');
    alice = new Browser(server);
  });
  afterAll(() => server.app.close());

  const both = { resource: [TEST_AUDIENCE, LEDGER] };

  it('§2 gives tokens for this API when no resource is named [C94]', async () => {
    const { access_token: ofUser } = await alice.login(shop);
    const { access_token: ofClient } = (await clientCredentials(server, shop)).body;
    for (const token of [ofUser, ofClient]) {
      expect(claimsOf(token).aud).toBe(TEST_AUDIENCE);
      expect(await server.probe({ token })).toBe(200);
    }
  });

  it('§2 asks for consent to each use of another resource server: a scope value may mean something else there', async () => {
    const partner = await registerClient(server, 'partner', { isThirdParty: true });
    await alice.login(partner, { scope: 'invoices:read' });
    const request = { ...authorizationRequest(partner, newVerifier()), scope: 'invoices:read' };
    const silent = { ...request, prompt: 'none' };
    expect((await alice.visit(silent)).searchParams.get('code')).not.toBeNull();
    const elsewhere = await alice.visit({ ...silent, resource: ARCHIVE });
    expect(elsewhere.searchParams.get('error')).toMatch(/^(consent|interaction)_required$/);
    const started = await alice.open(
      `/oauth/authorize?${new URLSearchParams({ ...request, resource: ARCHIVE }).toString()}`,
    );
    const page = await alice.open(started.headers.get('location') ?? '');
    expect(page.text).toContain(`At another service: <code>${ARCHIVE}</code>`);
  });

  it('§2 gives a token for the one resource that is named, with the scope that means something there [C39] [C94]', async () => {
    const ofUser = await alice.login(shop, { resource: LEDGER });
    const ofClient = (await clientCredentials(server, shop, { resource: LEDGER })).body;
    for (const { access_token: token, scope, expires_in: expiresIn } of [ofUser, ofClient]) {
      expect(headerOf(token)).toMatchObject({ typ: 'at+jwt' });
      expect(claimsOf(token)).toMatchObject({ aud: LEDGER, scope: 'invoices:write' });
      expect([scope, expiresIn]).toEqual(['invoices:write', 120]);
      expect(await server.probe({ token })).toBe(401);
    }
  });

  it('§2 gives opaque tokens where a resource wants them, and this API takes none of them [C101]', async () => {
    const asked = { resource: ARCHIVE, scope: 'invoices:read' };
    const ofUser = await alice.login(shop, asked);
    const ofClient = (await clientCredentials(server, shop, asked)).body;
    for (const { access_token: token, token_type: type } of [ofUser, ofClient]) {
      expect(token).toMatch(/^[\w-]{43,}$/);
      expect(type).toBe('Bearer');
      expect((await introspect(server, shop, token)).aud).toBe(ARCHIVE);
      expect(await server.probe({ token })).toBe(401);
    }
  });

  it('§2.2 gives a token for each of several resources, one at a time, from one login', async () => {
    const first = await alice.login(shop, both);
    expect(claimsOf(first.access_token).aud).toBe(TEST_AUDIENCE);
    const { body: second } = await refresh(server, shop, first.refresh_token, { resource: LEDGER });
    expect(claimsOf(second.access_token)).toMatchObject({ aud: LEDGER, scope: 'invoices:write' });
    const { body: third } = await refresh(server, shop, second.refresh_token, {
      resource: TEST_AUDIENCE,
    });
    expect(claimsOf(third.access_token).aud).toBe(TEST_AUDIENCE);
    expect(await server.probe({ token: third.access_token })).toBe(200);
  });

  it('§2.2 gives with the code a token for that of the resources that is named then', async () => {
    const authorization = await alice.authorize(shop, both);
    const { body } = await redeem(server, shop, authorization, { resource: LEDGER });
    expect(claimsOf(body.access_token).aud).toBe(LEDGER);
  });

  it('§2.2 refuses a resource that the user did not grant, and the refresh token stays good', async () => {
    const { refresh_token: token } = await alice.login(shop, { resource: LEDGER });
    for (const resource of [TEST_AUDIENCE, ARCHIVE, 'https://unknown.test', `${LEDGER}/`]) {
      const answer = await refresh(server, shop, token, { resource });
      expect(refusalOf(answer, [token])).toBe('400 invalid_target');
    }
    const { status, body } = await refresh(server, shop, token);
    expect(status).toBe(200);
    expect(claimsOf(body.access_token).aud).toBe(LEDGER);
  });

  it('§2.2 refuses another resource with the code, and the code stays good', async () => {
    const authorization = await alice.authorize(shop, { resource: LEDGER });
    const wrong = await redeem(server, shop, authorization, { resource: ARCHIVE });
    expect(refusalOf(wrong, [authorization.code])).toBe('400 invalid_target');
    expect((await redeem(server, shop, authorization)).status).toBe(200);
  });

  it.each([
    ['an unknown one', 'https://unknown.test'],
    ['another spelling', 'https://LEDGER.test/api'],
    ['another path', 'https://ledger.test/api/../api'],
    ['a final slash', `${LEDGER}/`],
    ['a query', `${LEDGER}?x=1`],
    ['a fragment', `${LEDGER}#x`],
    ['no URI', 'ledger'],
    ['a relative one', '/api'],
    ['10 kB', `https://ledger.test/${'a'.repeat(10_000)}`],
    ['NUL', `${LEDGER}\u0000`],
  ])('§2 refuses with invalid_target at every endpoint: %s', async (_what, resource) => {
    const asked = { resource, scope: 'invoices:write' };
    expect(refusalOf(await clientCredentials(server, shop, asked))).toBe('400 invalid_target');
    const request = { ...authorizationRequest(shop, newVerifier()), resource };
    expect(refusalOf(await post(server, 'par', shop, request))).toBe('400 invalid_target');
    if (resource.length < 5_000) {
      const answered = await alice.visit(request);
      expect(answered.searchParams.get('error')).toBe('invalid_target');
      expect(answered.searchParams.has('code')).toBe(false);
    }
  });

  it('§2 gives a client one token, for one resource', async () => {
    const answer = await clientCredentials(server, shop, { resource: [LEDGER, ARCHIVE] });
    expect(refusalOf(answer)).toBe('400 invalid_target');
  });

  it('§3 lets no token open another resource: each says whom it is for', async () => {
    const granted = await alice.login(shop, both);
    const api = granted.access_token;
    const { body } = await refresh(server, shop, granted.refresh_token, { resource: LEDGER });
    expect(await server.probe({ token: api })).toBe(200);
    expect(await server.probe({ token: body.access_token })).toBe(401);
  });

  describe('§2 lifetimes', () => {
    const lifetimeOf = async (client: TestClient, more: Record<string, string> = {}) => {
      const { body } = await clientCredentials(server, client, more);
      const active = await introspect(server, client, body.access_token);
      expect(active.exp - active.iat).toBe(body.expires_in);
      return body.expires_in as number;
    };

    it('§2 are of the server, of the resource, of the client: the nearest counts [C72] [C53] [C89]', async () => {
      const grantTypes = ['client_credentials'];
      const quick = await registerClient(server, 'quick', { grantTypes, accessTokenSeconds: 45 });
      const ledger = { resource: LEDGER, scope: 'invoices:write' };
      const archive = { resource: ARCHIVE, scope: 'invoices:read' };
      expect(await lifetimeOf(shop)).toBe(600);
      expect(await lifetimeOf(shop, archive)).toBe(600);
      expect(await lifetimeOf(shop, ledger)).toBe(120);
      expect(await lifetimeOf(quick)).toBe(45);
      expect(await lifetimeOf(quick, ledger)).toBe(45);
      expect(await lifetimeOf(quick, archive)).toBe(45);
    });

    it('§2 of a client change with the next token [C72]', async () => {
      const grantTypes = ['client_credentials'];
      const client = await registerClient(server, 'changing', { grantTypes });
      expect(await lifetimeOf(client)).toBe(600);
      await server.get(ClientService).update('changing', { accessTokenSeconds: 7 }, seeder);
      expect(await lifetimeOf(client)).toBe(7);
    });
  });
});
