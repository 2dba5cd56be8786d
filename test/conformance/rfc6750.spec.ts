import { Body, Controller, Get, Post } from '@nestjs/common';
import { Scopes } from '@sallyport/nest';
import { describeOnAdapters, type TestApi } from '../support/adapters.js';
import { clientWithKey, register } from '../support/cast.js';
import { ownToken } from '../support/own-tokens.js';

@Controller()
class ResourceController {
  @Get('resource') resource() {
    return 'resource';
  }
  @Post('resource') post(@Body() body: unknown) {
    return body;
  }
  @Get('scoped') @Scopes('a:read', 'a:write') scoped() {
    return 'scoped';
  }
}

describeOnAdapters('RFC 6750, Bearer tokens', (start) => {
  let api: TestApi;
  let token: string;
  const get = async (authorization: string, path = '/resource') =>
    api.get(path, { Authorization: authorization });
  const challengeOf = async (authorization: string, path?: string) =>
    (await get(authorization, path)).headers['www-authenticate'];

  beforeEach(async () => {
    api = await start({ controllers: [ResourceController] });
    await register(api.app, 'shop', ['a:read', 'a:write']);
    token = await ownToken(api.app, { clientId: 'shop', user: 'alice', scope: 'a:read' });
  });

  it('§2.1 takes the token from the Authorization header [C103]', async () => {
    expect((await get(`Bearer ${token}`)).status).toBe(200);
  });

  it.each(['bearer', 'BEARER', 'bEaReR'])(
    '§2.1 reads the scheme %s without regard to case',
    async (scheme) => {
      expect((await get(`${scheme} ${token}`)).status).toBe(200);
    },
  );

  it('§2 refuses a request that sends the token by more than one method [C103]', async () => {
    const twice = [
      ['Authorization', `Bearer ${token}`],
      ['Authorization', `Bearer ${token}`],
    ] as const;
    expect((await api.get('/resource', twice)).status).toBe(400);
    expect((await get(`Bearer ${token}`, `/resource?access_token=${token}`)).status).toBe(400);
  });

  it('§2.2 does not read a token from the body', async () => {
    const answer = await api.send('POST', '/resource', {}, { access_token: token });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).not.toContain('error=');
  });

  it('§2.3 refuses a token in the query [C37]', async () => {
    const { status, headers } = await api.get(`/resource?access_token=${token}`);
    expect(status).toBe(400);
    expect(headers['www-authenticate']).toContain('error="invalid_request"');
  });

  it('§3 answers 401 with a Bearer challenge that names the realm', async () => {
    const { status, headers } = await api.get('/resource');
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toMatch(/^Bearer realm="https:\/\/api\.test"/);
  });

  it('§3.1 sends no error code when no credential was presented', async () => {
    const { headers } = await api.get('/resource');
    expect(headers['www-authenticate']).not.toMatch(/error|scope/);
  });

  it.each(['Bearer', 'Bearer a b', 'Bearer a,b', 'Bearer  ', 'Bearer a;b'])(
    '§3.1 answers %j with 400 invalid_request',
    async (authorization) => {
      expect((await get(authorization)).status).toBe(400);
      expect(await challengeOf(authorization)).toContain('error="invalid_request"');
    },
  );

  it('§3.1 answers a bad token with 401 invalid_token', async () => {
    const bad = `Bearer ${token.slice(0, -8)}AAAAAAAA`;
    expect((await get(bad)).status).toBe(401);
    expect(await challengeOf(bad)).toContain('error="invalid_token"');
  });

  it('§3.1 answers a token without the scope with 403 insufficient_scope, and names the scope', async () => {
    expect((await get(`Bearer ${token}`, '/scoped')).status).toBe(403);
    expect(await challengeOf(`Bearer ${token}`, '/scoped')).toBe(
      'Bearer realm="https://api.test", error="insufficient_scope", scope="a:read a:write"',
    );
  });

  it('§5.2 lets no token stay in a cache: refusals are not stored', async () => {
    expect((await api.get('/resource')).headers['cache-control']).toBe('no-store');
  });

  it('§3 challenges an API key without the scope in the same words', async () => {
    const key = await clientWithKey(api.app, 'other', ['a:read']);
    const { status, headers } = await api.get('/scoped', { 'X-API-Key': key });
    expect(status).toBe(403);
    expect(headers['www-authenticate']).toContain('scope="a:read a:write"');
  });
});
