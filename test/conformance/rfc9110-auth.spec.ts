import { Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiKey, RequireUser, Scopes } from '@sallyport/nest';
import { describeOnAdapters, type TestApi } from '../support/adapters.js';
import { clientWithKey } from '../support/cast.js';
import { ownToken } from '../support/own-tokens.js';

let handled = 0;

@Controller('resource')
class ResourceController {
  @Get() @ApiKey() @Scopes('a') resource() {
    handled += 1;
    return 'resource';
  }
  @Post() @HttpCode(200) post() {
    return 'posted';
  }
  @Get('user') @RequireUser() user() {
    return 'user';
  }
}

describeOnAdapters('RFC 9110, HTTP authentication', (start) => {
  let api: TestApi;
  let key: string;
  beforeEach(async () => {
    api = await start({ controllers: [ResourceController] });
    key = await clientWithKey(api.app, 'shop', ['a']);
    handled = 0;
  });

  it('§11.1 compares schemes without regard to case [C36]', async () => {
    for (const scheme of ['ApiKey', 'apikey', 'APIKEY']) {
      const { status } = await api.get('/resource', { Authorization: `${scheme} ${key}` });
      expect(status).toBe(200);
    }
  });

  it('§11.4 takes one space or more between scheme and credential', async () => {
    const { status } = await api.get('/resource', { Authorization: `ApiKey   ${key}` });
    expect(status).toBe(200);
  });

  it('§11.6.1, §15.5.2 names in every 401 at least one challenge, and every scheme that would do', async () => {
    for (const headers of [{}, { 'X-API-Key': 'bad' }, { Authorization: 'Negotiate abc' }]) {
      const { status, headers: answered } = await api.get('/resource', headers);
      expect(status).toBe(401);
      const schemes = answered['www-authenticate']?.match(/\b\w+(?= realm=)/g);
      expect(schemes).toEqual(['Bearer', 'DPoP', 'ApiKey']);
    }
  });

  it('§15.5.2 answers 401 where another credential would do: the key beside the token', async () => {
    const token = await ownToken(api.app, { clientId: 'shop', user: 'alice', scope: 'a' });
    const bearer = { Authorization: `Bearer ${token}` };
    const { status, headers } = await api.get('/resource', bearer);
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toContain('ApiKey realm=');
    expect((await api.get('/resource', { ...bearer, 'X-API-Key': key })).status).toBe(200);
  });

  it('§15.5.4 answers 403 where the credential is good and does not suffice', async () => {
    const { status, headers } = await api.get('/resource/user', { 'X-API-Key': key });
    expect(status).toBe(403);
    expect(headers['www-authenticate']).toBeUndefined();
  });

  it('§9.3.2 guards HEAD as it guards GET', async () => {
    expect((await api.send('HEAD', '/resource')).status).toBe(401);
    expect(handled).toBe(0);
    const answer = await api.send('HEAD', '/resource', { 'X-API-Key': key });
    expect(answer).toMatchObject({ status: 200, text: '' });
  });

  it('§11.5 writes the realm as a quoted string, on POST as on GET', async () => {
    const { headers } = await api.send('POST', '/resource');
    expect(headers['www-authenticate']).toMatch(
      /^Bearer realm="[^"\\]+", DPoP realm="[^"\\]+", algs="[^"\\]+", ApiKey realm="[^"\\]+"$/,
    );
  });
});
