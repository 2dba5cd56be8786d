import { Controller, Get } from '@nestjs/common';
import {
  ApiKeyService,
  Claims,
  ClientOnly,
  ClientService,
  Clock,
  CurrentPolicy,
  ObjectPolicy,
  RequireUser,
  RevocationService,
  Roles,
  Scopes,
  UsePolicy,
  UserStatusService,
  type BoundPolicy,
} from '@sallyport/nest';
import { FrozenClock } from '@sallyport/nest/testing';
import { describeOnAdapters, OWN_ISSUER, type Answer, type TestApi } from '../support/adapters.js';
import { BY, clientWithKey, issueKey, register } from '../support/cast.js';
import { ownToken } from '../support/own-tokens.js';

let handled = 0;
const handle = (): string => {
  handled += 1;
  return 'ok';
};

class NobodysPolicy extends ObjectPolicy<object> {
  check = () => false;
  where = () => ({});
}

@Controller()
class DemandingController {
  @Get('any') any() {
    return handle();
  }
  @Get('scoped') @Scopes('a:read', 'a:write') scoped() {
    return handle();
  }
  @Get('user') @RequireUser() user() {
    return handle();
  }
  @Get('app') @ClientOnly() app() {
    return handle();
  }
  @Get('role') @Roles('admin') role() {
    return handle();
  }
  @Get('claim') @Claims({ department: 'finance' }) claim() {
    return handle();
  }
  @Get('object') @UsePolicy(NobodysPolicy) object(@CurrentPolicy() policy: BoundPolicy<object>) {
    policy.check({});
    return handle();
  }
}

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const REALM = 'realm="https://api.test"';
const CHALLENGE = `Bearer ${REALM}`;
const ALGORITHMS = 'algs="ES256 RS256 PS256 EdDSA Ed25519"';

/** What a caller can see of an answer, without what differs in any two. */
const faceOf = ({ status, headers: { date: _date, ...headers }, body }: Answer) => ({
  status,
  headers,
  body,
});

describeOnAdapters('Refusals', (start) => {
  let api: TestApi;
  let clock: FrozenClock;
  let key: string;

  beforeEach(async () => {
    clock = new FrozenClock(new Date());
    api = await start({
      controllers: [DemandingController],
      providers: [NobodysPolicy],
      override: (builder) => builder.overrideProvider(Clock).useValue(clock),
    });
    key = await clientWithKey(api.app, 'shop', ['a:read']);
    handled = 0;
  });
  afterEach(() => {
    expect(handled).toBe(0);
  });

  it('without a credential: 401 and a challenge without error', async () => {
    const { status, headers, body } = await api.get('/any');
    expect(status).toBe(401);
    expect(headers).toMatchObject({
      'content-type': 'application/problem+json; charset=utf-8',
      'cache-control': 'no-store',
      'www-authenticate': `${CHALLENGE}, DPoP ${REALM}, ${ALGORITHMS}, ApiKey ${REALM}`,
    });
    expect(body).toEqual({
      type: 'urn:sallyport:problem:credential-missing',
      title: 'Authentication required',
      status: 401,
      detail:
        'Send the credential that WWW-Authenticate names: an API key in X-API-Key, an access token in Authorization: Bearer.',
    });
  });

  it('with a bad one: 401 invalid_token', async () => {
    const { status, headers, body } = await api.get('/any', { 'X-API-Key': 'sp_test_bad' });
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toBe(
      `${CHALLENGE}, error="invalid_token", DPoP ${REALM}, error="invalid_token", ${ALGORITHMS}, ApiKey ${REALM}`,
    );
    expect(body).toEqual({
      type: 'urn:sallyport:problem:invalid-token',
      title: 'Invalid credential',
      status: 401,
      detail: 'A credential of the request is not accepted. Obtain a new one and try again.',
    });
  });

  it('without the scope: 403, and the challenge names what would be enough', async () => {
    const { status, headers, body } = await api.get('/scoped', { 'X-API-Key': key });
    expect(status).toBe(403);
    expect(headers['www-authenticate']).toBe(
      `${CHALLENGE}, error="insufficient_scope", scope="a:read a:write"`,
    );
    expect(body).toEqual({
      type: 'urn:sallyport:problem:insufficient-scope',
      title: 'Scope missing',
      status: 403,
      detail: 'The request needs a scope that app, credential and user do not all have.',
    });
    expect(api.log).toEqual([
      'warn ERR_SCOPE_INSUFFICIENT: DemandingController.scoped: client: client shop may never a:write',
    ]);
  });

  it.each([
    ['/user', 'ERR_USER_REQUIRED'],
    ['/role', 'ERR_USER_REQUIRED'],
    ['/claim', 'ERR_CLAIM_MISMATCH'],
  ])('%s without what it demands: 403 without a challenge, %s in the log', async (path, code) => {
    const { status, headers, body } = await api.get(path, { 'X-API-Key': key });
    expect(status).toBe(403);
    expect(headers['www-authenticate']).toBeUndefined();
    expect(body).toEqual({
      type: 'urn:sallyport:problem:policy-denied',
      title: 'Not allowed',
      status: 403,
      detail: 'This app, or this user in this app, may not do this. Ask an administrator.',
    });
    expect(api.log.join()).toContain(code);
  });

  it('a user on a route for apps: 403, the same to look at', async () => {
    const token = await ownToken(api.app, { clientId: 'shop', user: 'alice' });
    const user = await api.get('/app', bearer(token));
    const role = await api.get('/role', bearer(token));
    expect(faceOf(user)).toEqual(faceOf(role));
    expect(user.status).toBe(403);
    expect(api.log.join()).toMatch(/ERR_CLIENT_ONLY.*ERR_ROLE_MISSING/);
  });

  it('a denied object: 404, and no word of a policy', async () => {
    const { status, headers, body } = await api.get('/object', { 'X-API-Key': key });
    expect(status).toBe(404);
    expect(headers['www-authenticate']).toBeUndefined();
    expect(body).toEqual({
      type: 'urn:sallyport:problem:not-found',
      title: 'Not found',
      status: 404,
      detail: 'There is nothing here for this caller.',
    });
  });

  it('unknown, wrong, expired and revoked keys look the same outside and differ in the log [C38]', async () => {
    const { app } = api;
    const keys = app.get(ApiKeyService);
    const short = await issueKey(app, 'shop', { lifetimeSeconds: 10 });
    clock.advance(11);
    const revoked = await issueKey(app, 'shop');
    await keys.revoke(revoked.apiKey.id, BY);
    const bound = await issueKey(app, 'shop', { addressRanges: ['192.0.2.0/24'] });
    const signing = await issueKey(app, 'shop', { signedOnly: true });
    await register(app, 'disabled', ['a:read']);
    const ofDisabled = await issueKey(app, 'disabled');
    await app.get(ClientService).disable('disabled', BY);
    const user = { issuer: OWN_ISSUER, subject: 'mallory' };
    const personal = await issueKey(app, 'shop', { user });
    await app.get(UserStatusService).suspend(user, BY);
    const wrongSecret = key.replace(/_[0-9A-Za-z]{49}$/, short.plaintext.slice(-50));

    const cases: [string, string][] = [
      ['not a key at all', 'ERR_CREDENTIAL_UNKNOWN'],
      [wrongSecret, 'ERR_CREDENTIAL_UNKNOWN'],
      [short.plaintext, 'ERR_CREDENTIAL_EXPIRED'],
      [revoked.plaintext, 'ERR_CREDENTIAL_REVOKED'],
      [bound.plaintext, 'ERR_CREDENTIAL_ADDRESS'],
      [signing.plaintext, 'ERR_CREDENTIAL_SIGNED_ONLY'],
      [ofDisabled.plaintext, 'ERR_CLIENT_DISABLED'],
      [personal.plaintext, 'ERR_'],
    ];
    const faces: unknown[] = [];
    for (const [text, code] of cases) {
      const answer = await api.get('/any', { 'X-API-Key': text.replaceAll(' ', '-') });
      faces.push(faceOf(answer));
      expect(api.log.at(-1)).toContain(code);
      expect(api.log.join()).not.toContain(text.slice(-49));
    }
    expect(faces).toEqual(faces.map(() => faces[0]));
    expect(faces[0]).toMatchObject({ status: 401 });
  });

  it('bad, expired and revoked tokens look the same outside and differ in the log', async () => {
    const { app } = api;
    const claims = { clientId: 'shop', user: 'alice' };
    const good = await ownToken(app, claims);
    const revoked = await ownToken(app, { ...claims, jti: 'gone' });
    const target = { kind: 'token', issuer: OWN_ISSUER, jti: 'gone' } as const;
    await app.get(RevocationService).revoke(target, BY);
    const old = await ownToken(app, { ...claims, user: 'bob' });
    await app
      .get(RevocationService)
      .revoke({ kind: 'user', issuer: OWN_ISSUER, subject: 'bob' }, BY);
    const cases = [
      [`${good.slice(0, -8)}AAAAAAAA`, 'ERR_TOKEN_INVALID'],
      [await ownToken(app, { ...claims, aud: 'https://other.test' }), 'ERR_TOKEN_INVALID'],
      [await ownToken(app, { ...claims, iss: 'https://other.test' }), 'ERR_TOKEN_INVALID'],
      [await ownToken(app, { ...claims, exp: 1_000 }), 'ERR_'],
      [revoked, 'ERR_CREDENTIAL_REVOKED'],
      [old, 'ERR_CREDENTIAL_REVOKED'],
    ] as const;
    const faces: unknown[] = [];
    for (const [token, code] of cases) {
      faces.push(faceOf(await api.get('/any', bearer(token))));
      expect(api.log.at(-1)).toContain(code);
      expect(api.log.join()).not.toContain(token.split('.')[2]);
    }
    clock.advance(700);
    faces.push(faceOf(await api.get('/any', bearer(good))));
    expect(api.log.at(-1)).toContain('ERR_CREDENTIAL_EXPIRED');
    expect(faces).toEqual(faces.map(() => faces[0]));
    expect(faces[0]).toMatchObject({ status: 401 });
  });
});
