import { Controller, Get } from '@nestjs/common';
import {
  ApiKeyService,
  Claims,
  ClientOnly,
  ClientSecretService,
  CurrentCaller,
  RequireUser,
  RevocationService,
  Scopes,
  type Caller,
} from '@sallyport/nest';
import { describeOnAdapters, OWN_ISSUER, type TestApi } from '../support/adapters.js';
import { BY, clientWithKey, issueKey, register } from '../support/cast.js';
import { ownToken } from '../support/own-tokens.js';

let handled = 0;

@Controller()
class WhoController {
  @Get('who') who(@CurrentCaller() { client, user, scope, credentials }: Caller) {
    handled += 1;
    const kinds = credentials.map(({ kind }) => kind);
    return { client: client.clientId, user: user?.subject ?? null, scope: [...scope], kinds };
  }
  @Get('users') @RequireUser() users() {
    handled += 1;
    return 'user';
  }
  @Get('apps') @ClientOnly() apps() {
    handled += 1;
    return 'app';
  }
  @Get('read') @Scopes('a:read') read() {
    handled += 1;
    return 'read';
  }
  @Get('finance') @Scopes('a:read') @Claims({ department: 'finance' }) finance() {
    return 'finance';
  }
  @Get('senior') @Claims(({ level }) => Number(level) > 2) senior() {
    return 'senior';
  }
}

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

describeOnAdapters('Credentials of one request', (start) => {
  let api: TestApi;
  let shopKey: string;
  const shopToken = (claims: object = {}) =>
    ownToken(api.app, { clientId: 'shop', user: 'alice', scope: 'a:read', ...claims });

  beforeEach(async () => {
    api = await start({ controllers: [WhoController] });
    shopKey = await clientWithKey(api.app, 'shop', ['a:read', 'a:write']);
    handled = 0;
  });

  const refused = async (headers: Parameters<TestApi['get']>[1], path = '/who') => {
    const answer = await api.get(path, headers);
    expect(handled).toBe(0);
    return answer;
  };

  it('a key and a token of the same client are one caller, with the scope that both have [C1]', async () => {
    const { status, body } = await api.get('/who', {
      'X-API-Key': shopKey,
      ...bearer(await shopToken()),
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      client: 'shop',
      user: 'alice',
      scope: ['a:read'],
      kinds: ['access-token', 'api-key'],
    });
  });

  it('a key names an app and no user, a personal key both [C92]', async () => {
    const user = { issuer: OWN_ISSUER, subject: 'bob' };
    const personal = (await issueKey(api.app, 'shop', { user })).plaintext;
    const whoIs = async (key: string) => (await api.get('/who', { 'X-API-Key': key })).body;
    expect(await whoIs(shopKey)).toMatchObject({ client: 'shop', user: null });
    expect(await whoIs(personal)).toMatchObject({ client: 'shop', user: 'bob' });
  });

  it('claims of the token are demanded beside the scope, by value and by test [C107]', async () => {
    const statuses = async (claims: object) => {
      const headers = bearer(await shopToken(claims));
      return [
        (await api.get('/finance', headers)).status,
        (await api.get('/senior', headers)).status,
      ];
    };
    expect(await statuses({ department: 'finance', level: 3 })).toEqual([200, 200]);
    expect(await statuses({ department: ['sales', 'finance'], level: 2 })).toEqual([200, 403]);
    expect(await statuses({ department: 'sales' })).toEqual([403, 403]);
    expect(await statuses({ department: 'finance', scope: '' })).toEqual([403, 403]);
  });

  it('a key and a token of different clients are nobody', async () => {
    const otherKey = await clientWithKey(api.app, 'other', ['a:read']);
    const headers = { 'X-API-Key': otherKey, ...bearer(await shopToken()) };
    expect((await refused(headers)).status).toBe(401);
    expect(api.log.join()).toContain('ERR_CREDENTIAL_MISMATCH');
  });

  it('a personal key and a token of different users are nobody', async () => {
    const user = { issuer: OWN_ISSUER, subject: 'bob' };
    const { plaintext } = await issueKey(api.app, 'shop', { user });
    expect((await api.get('/who', { 'X-API-Key': plaintext })).body).toMatchObject({ user: 'bob' });
    handled = 0;
    const headers = { 'X-API-Key': plaintext, ...bearer(await shopToken()) };
    expect((await refused(headers)).status).toBe(401);
  });

  it('a good token beside a revoked key is refused, and so is a good key beside a bad token', async () => {
    const { apiKey, plaintext } = await issueKey(api.app, 'shop');
    await api.app.get(ApiKeyService).revoke(apiKey.id, BY);
    const token = await shopToken();
    expect((await refused({ 'X-API-Key': plaintext, ...bearer(token) })).status).toBe(401);
    const tampered = bearer(`${token.slice(0, -6)}AAAAAA`);
    expect((await refused({ 'X-API-Key': shopKey, ...tampered })).status).toBe(401);
    const unknown = { Authorization: 'Negotiate abc' };
    expect((await refused({ 'X-API-Key': shopKey, ...unknown })).status).toBe(401);
  });

  it.each(['Authorization', 'X-API-Key'])('the header %s twice is 400', async (name) => {
    const value = name === 'X-API-Key' ? shopKey : `ApiKey ${shopKey}`;
    const twice = [
      [name, value],
      [name, value],
    ] as const;
    expect((await refused(twice)).status).toBe(400);
    expect((await refused([...twice.slice(1), [name.toLowerCase(), 'x']])).status).toBe(400);
  });

  it('a key in both headers is 400', async () => {
    const headers = { 'X-API-Key': shopKey, Authorization: `ApiKey ${shopKey}` };
    expect((await refused(headers)).status).toBe(400);
  });

  it('a key in the URL is 400, and neither answer nor log repeat it [C37]', async () => {
    for (const path of [`/who?api_key=${shopKey}`, `/who?x=${shopKey}`, '/who?access_token=abc']) {
      const answer = await refused({ 'X-API-Key': shopKey }, path);
      expect(answer.status).toBe(400);
      expect(JSON.stringify(answer)).not.toContain(shopKey);
    }
    expect(api.log.join()).toContain('ERR_CREDENTIAL_IN_URL');
    expect(api.log.join()).not.toContain(shopKey);
  });

  it.each([
    ['no scheme', { Authorization: 'abc' }],
    ['two tokens', { Authorization: 'Bearer a b' }],
    ['a list', { Authorization: 'Bearer a, Bearer b' }],
    ['Latin-1', { Authorization: 'Bearer \xe9' }],
    ['an empty key', { 'X-API-Key': '' }],
    ['a huge key', { 'X-API-Key': 'x'.repeat(9_000) }],
    ['a huge token', { Authorization: `Bearer ${'x'.repeat(12_000)}` }],
    ['a huge header', { Authorization: `Bearer ${'x'.repeat(60_000)}` }],
  ])('%s is a 4xx', async (_, headers) => {
    const { status, text } = await refused(headers);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(text).not.toMatch(/ at |node_modules|\.ts/);
  });

  it("tells a client's own token from a user's", async () => {
    const users = bearer(await shopToken());
    const own = bearer(await ownToken(api.app, { clientId: 'shop', scope: 'a:read' }));
    expect((await api.get('/who', own)).body).toMatchObject({ client: 'shop', user: null });
    expect((await api.get('/users', users)).status).toBe(200);
    expect((await api.get('/users', own)).status).toBe(403);
    expect((await api.get('/apps', own)).status).toBe(200);
    expect((await api.get('/apps', users)).status).toBe(403);
    expect((await api.get('/apps', { 'X-API-Key': shopKey, ...users })).status).toBe(403);
  });

  it('a token that names a user without saying so, or a client that is not registered, is refused', async () => {
    const unmarked = await shopToken({ sub_type: undefined });
    expect((await refused(bearer(unmarked))).status).toBe(401);
    const unregistered = await ownToken(api.app, { clientId: 'ghost', user: 'alice' });
    expect((await refused(bearer(unregistered))).status).toBe(401);
  });

  it('nothing widens: scope is what client, key and token all have [C27] [C39]', async () => {
    const { plaintext } = await issueKey(api.app, 'shop', { scope: ['a:write'] });
    expect((await refused({ 'X-API-Key': plaintext }, '/read')).status).toBe(403);
    const wide = bearer(await shopToken({ scope: 'a:read a:write sallyport:admin' }));
    const headers = { 'X-API-Key': plaintext, ...wide };
    expect((await refused(headers, '/read')).status).toBe(403);
    const { body } = await api.get('/who', wide);
    expect(body).toMatchObject({ scope: ['a:read', 'a:write'] });
  });

  it('a revoked token is refused at once, beside a good key too', async () => {
    const token = await shopToken({ jti: 'token-1' });
    const headers = { 'X-API-Key': shopKey, ...bearer(token) };
    expect((await api.get('/who', headers)).status).toBe(200);
    const target = { kind: 'token', issuer: OWN_ISSUER, jti: 'token-1' } as const;
    await api.app.get(RevocationService).revoke(target, BY);
    expect((await api.get('/who', headers)).status).toBe(401);
  });

  it('HTTP Basic is refused unless it is switched on; then it names the client as a key does [C91]', async () => {
    const basicOf = async (app: TestApi['app'], clientId: string) => {
      const { plaintext } = await app.get(ClientSecretService).issue(clientId, BY);
      const text = Buffer.from(`${clientId}:${plaintext}`).toString('base64');
      return { Authorization: `Basic ${text}` };
    };
    expect((await refused(await basicOf(api.app, 'shop'))).status).toBe(401);

    const open = await start({ controllers: [WhoController], options: { basic: true } });
    await register(open.app, 'shop', ['a:read']);
    const key = (await issueKey(open.app, 'shop')).plaintext;
    const otherKey = await clientWithKey(open.app, 'other', ['a:read']);
    const basic = await basicOf(open.app, 'shop');
    const challenge = (await open.get('/who')).headers['www-authenticate'];
    expect(challenge).toContain('Basic realm="https://api.test"');
    expect((await open.get('/who', basic)).body).toMatchObject({
      client: 'shop',
      user: null,
      scope: ['a:read'],
    });
    expect((await open.get('/who', { ...basic, 'X-API-Key': key })).status).toBe(200);
    expect((await open.get('/who', { ...basic, 'X-API-Key': otherKey })).status).toBe(401);
    const wrong = `Basic ${Buffer.from('shop:wrong').toString('base64')}`;
    expect((await open.get('/who', { Authorization: wrong })).status).toBe(401);
  });
});
