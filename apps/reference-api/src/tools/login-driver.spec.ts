import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import {
  adapters,
  embeddedStores,
  startReferenceApi,
  type RunningApi,
} from '../../../../test/support/reference-api.js';
import { LoginDriver } from './login-driver.js';

describe.each(adapters)('LoginDriver against the reference API on %s', (adapter) => {
  let api: RunningApi;
  let logins: LoginDriver;

  beforeAll(async () => {
    api = await startReferenceApi(adapter, embeddedStores);
  });
  beforeEach(() => {
    logins = new LoginDriver(api.demo, api.url);
  });
  afterAll(() => api.close());

  it('gets a token of a user in an app, in the form of RFC 9068 [C3] [C60]', async () => {
    const { access_token: token } = await logins.token({ client: 'mobile-app', user: 'alice' });
    const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', api.url));
    const { payload, protectedHeader } = await jwtVerify(token, keys);
    expect(protectedHeader).toMatchObject({ typ: 'at+jwt', alg: 'ES256' });
    expect(payload).toMatchObject({
      iss: api.demo.issuer,
      aud: api.demo.api,
      client_id: 'mobile-app',
      sub: api.sub('alice'),
      sub_type: 'user',
      scope: 'invoices:read invoices:write',
    });
  });

  it('gets an app its own token, with neither user nor refresh token [C13] [C100]', async () => {
    const response = await logins.token({ client: 'nightly-job' });
    expect(response).not.toHaveProperty('refresh_token');
    const payload = decodeJwt(response.access_token);
    expect(payload.sub).toBe('nightly-job');
    expect(payload).not.toHaveProperty('sub_type');
  });

  it('gets tokens that live for ten minutes [C89]', async () => {
    const { access_token: token, expires_in: seconds } = await logins.token({
      client: 'nightly-job',
    });
    const { exp = 0, iat = 0 } = decodeJwt(token);
    expect([seconds, exp - iat]).toEqual([600, 600]);
  });

  it('gets tokens that tell nothing of a person [C63] [C84] [C108]', async () => {
    const { access_token: token } = await logins.token({ client: 'mobile-app', user: 'alice' });
    expect(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).not.toMatch(
      /"alice"|Finance|@/,
    );
  });

  it('signs a user in once, and then knows their browser [C96]', async () => {
    const [first, second] = await Promise.all([
      logins.token({ client: 'mobile-app', user: 'bob' }),
      logins.token({ client: 'backoffice-web', user: 'bob', password: 'not asked for' }),
    ]);
    const [inMobile, inOffice] = [first, second].map((response) =>
      decodeJwt(response.access_token),
    );
    expect(inOffice?.sub).toBe(inMobile?.sub);
    expect(inOffice?.gid).not.toBe(inMobile?.gid);
  });

  it('narrows the scope when asked to [C107]', async () => {
    const narrow = { client: 'mobile-app', user: 'alice', scope: 'invoices:read' };
    expect(await logins.token(narrow)).toMatchObject({ scope: 'invoices:read', expires_in: 600 });
  });

  it.each([
    ['an unknown client', { client: 'nobody' }, 'backoffice-web, mobile-app, nightly-job'],
    ['a client without tokens', { client: 'operator' }, 'there are: backoffice-web'],
    ['an unknown user', { client: 'mobile-app', user: 'eve' }, 'there are: alice'],
    ['a public client by itself', { client: 'mobile-app' }, 'name a --user'],
    ['a user in a client of its own', { client: 'nightly-job', user: 'alice' }, 'leave --user out'],
    ['too much scope', { client: 'nightly-job', scope: 'invoices:write' }, 'invalid_scope'],
    [
      'a grant that the client lacks',
      { client: 'backoffice-web' },
      'the client is not registered for this grant',
    ],
    [
      'a wrong password',
      { client: 'mobile-app', user: 'carol', password: 'wrong' },
      'User name or password is wrong.',
    ],
  ])('refuses %s and says why', async (_case, request, message) => {
    await expect(logins.token(request)).rejects.toThrow(message);
  });

  it('says that the app must be started first', async () => {
    const nowhere = new LoginDriver(api.demo, 'http://127.0.0.1:1');
    await expect(nowhere.token({ client: 'nightly-job' })).rejects.toThrow('npm start');
  });
});
