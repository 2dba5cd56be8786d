import { createTestVerifier } from '../support/token-verifier.js';
import { TEST_AUDIENCE, TEST_NOW, createTestIssuer } from '../support/tokens.js';

const issuer = createTestIssuer();
const { verifier, refusalOf } = createTestVerifier(issuer);
const now = TEST_NOW.getTime() / 1000;

const clientClaims = {
  sub: 'nightly-job',
  client_id: 'nightly-job',
  sub_type: undefined,
  uep: undefined,
  rv: undefined,
};

describe('RFC 9068', () => {
  it.each(['at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/AT+JWT'])(
    '§2.1 accepts typ %s',
    async (typ) => {
      const token = await verifier.verify(issuer.accessToken({}, { typ }));
      expect(token.clientId).toBe('mobile-app');
    },
  );

  it('§2.2 reads who is client, who is user and what was granted [C104]', async () => {
    const text = issuer.accessToken({
      jti: 'j1',
      scope: 'invoices:read invoices:write',
      roles: ['editor'],
      sid: 's1',
      gid: 'g1',
      uep: 3,
      cep: 1,
      rv: 2,
      auth_time: now - 60,
      department: { name: 'Finance' },
    });
    expect(await verifier.verify(text)).toEqual({
      issuer: issuer.issuer,
      jti: 'j1',
      audience: [TEST_AUDIENCE],
      kid: issuer.kid,
      clientId: 'mobile-app',
      user: { issuer: issuer.issuer, subject: 'alice' },
      scope: ['invoices:read', 'invoices:write'],
      roles: ['editor'],
      sid: 's1',
      gid: 'g1',
      issuedAt: TEST_NOW,
      expiresAt: new Date((now + 300) * 1000),
      authenticatedAt: new Date((now - 60) * 1000),
      epochs: { user: 3, client: 1, roleVersion: 2 },
      confirmation: null,
      claims: { department: { name: 'Finance' } },
    });
  });

  it("§2.2 takes a client's own token, whose sub is the client, for no user's [C74]", async () => {
    const token = await verifier.verify(issuer.accessToken(clientClaims));
    expect(token).toMatchObject({
      clientId: 'nightly-job',
      user: null,
      epochs: { user: 0, client: 0, roleVersion: 0 },
    });
  });

  it.each([
    ['a subject without sub_type, which might pass for the client', { sub_type: undefined }],
    ['an unknown sub_type', { sub_type: 'person' }],
    ['a user who is the client', { sub: 'mobile-app' }],
    ['a client token that names another subject', { ...clientClaims, sub: 'alice' }],
    ['an empty subject', { sub: '' }],
    ['a subject that is a number', { sub: 7 }],
    ['a client id that is a list', { client_id: ['mobile-app'] }],
  ])('§2.2 refuses %s', async (_what, claims) => {
    expect((await refusalOf(issuer.accessToken(claims))).code).toBe('ERR_TOKEN_INVALID');
  });

  it.each(['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti', 'uep', 'cep', 'rv'])(
    '§2.2 refuses a token without %s [C14] [C94]',
    async (name) => {
      const refusal = await refusalOf(issuer.accessToken({ [name]: undefined }));
      expect(refusal.code).toBe('ERR_TOKEN_INVALID');
    },
  );

  it.each([-1, 1.5, '0', null, 2 ** 53])('§2.2 refuses the epoch %j', async (cep) => {
    expect((await refusalOf(issuer.accessToken({ cep }))).code).toBe('ERR_TOKEN_INVALID');
  });

  it.each(['a  b', ' a', 'a ', 'a"b', 'a\\b', 'a\nb', 'ä', 7, ['a'], null])(
    '§2.2.3 refuses the scope %j (RFC 6749 §3.3)',
    async (scope) => {
      expect((await refusalOf(issuer.accessToken({ scope }))).code).toBe('ERR_TOKEN_INVALID');
    },
  );

  it.each([undefined, ''])('§2.2.3 takes the scope %j for none', async (scope) => {
    expect((await verifier.verify(issuer.accessToken({ scope }))).scope).toEqual([]);
  });

  it.each([
    ['a string', 'admin'],
    ['an empty role', ['']],
    ['a number', [7]],
    ['a list in the list', [['admin']]],
    ['an object', { admin: true }],
    ['101 roles', new Array(101).fill('r')],
  ])('§2.2.3.1 refuses roles that are %s', async (_what, roles) => {
    expect((await refusalOf(issuer.accessToken({ roles }))).code).toBe('ERR_TOKEN_INVALID');
  });

  it.each([
    'JWT',
    'jwt',
    'id_token',
    'dpop+jwt',
    'logout+jwt',
    'secevent+jwt',
    '',
    'at+jwt ',
    undefined,
  ])('§4 refuses typ %j: an ID token is no access token [C102]', async (typ) => {
    expect((await refusalOf(issuer.accessToken({}, { typ }))).code).toBe('ERR_TOKEN_INVALID');
  });

  it.each([
    'https://other.test',
    `${TEST_AUDIENCE}/`,
    [],
    ['https://other.test'],
    [[TEST_AUDIENCE]],
    { aud: TEST_AUDIENCE },
    [TEST_AUDIENCE, 7],
    [TEST_AUDIENCE, ...Array.from({ length: 10 }, (_, i) => `https://${String(i)}.test`)],
  ])('§4 refuses the audience %j [C67] [C94]', async (aud) => {
    expect((await refusalOf(issuer.accessToken({ aud }))).code).toBe('ERR_TOKEN_INVALID');
  });

  it('§4 accepts a list of audiences that has ours', async () => {
    const text = issuer.accessToken({ aud: ['https://other.test', TEST_AUDIENCE] });
    expect((await verifier.verify(text)).clientId).toBe('mobile-app');
  });

  it.each([
    'https://issuer.test/',
    'HTTPS://issuer.test',
    'https://other.test',
    7,
    ['https://issuer.test'],
  ])('§4 compares the issuer exactly and refuses %j', async (iss) => {
    expect((await refusalOf(issuer.accessToken({ iss }))).code).toBe('ERR_TOKEN_INVALID');
  });

  it('§4 lets an expired token live for the clock skew and not a second longer [C62] [C94]', async () => {
    const { verifier: own, clock, refusalOf: refused } = createTestVerifier(issuer);
    const text = issuer.accessToken();
    clock.advance(329);
    expect((await own.verify(text)).clientId).toBe('mobile-app');
    clock.advance(1);
    expect((await refused(text)).code).toBe('ERR_CREDENTIAL_EXPIRED');
  });

  it.each([
    ['nbf after now', { nbf: now + 31 }],
    ['iat after now', { iat: now + 31, exp: now + 60 }],
    ['auth_time after now', { auth_time: now + 31 }],
    ['more than a day to live', { exp: now + 86_401 }],
    ['no time to live', { exp: now }],
  ])('§4 refuses a token with %s [C89]', async (_what, claims) => {
    expect((await refusalOf(issuer.accessToken(claims))).code).toBe('ERR_TOKEN_INVALID');
  });

  it('§4 lets other clocks run ahead by the skew', async () => {
    const text = issuer.accessToken({ nbf: now + 30, iat: now + 30 });
    expect((await verifier.verify(text)).clientId).toBe('mobile-app');
  });

  it('§5 refuses an encrypted token: the API holds no private key [C105]', async () => {
    const refusal = await refusalOf('eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..aaaa.bbbb.cccc');
    expect(refusal.code).toBe('ERR_TOKEN_INVALID');
    expect(refusal.context.reason).toContain('JWE');
  });

  it('§6 keeps claims of the application apart from those that decide [C63] [C108]', async () => {
    const { claims } = await verifier.verify(issuer.accessToken({ team: 'a', acr: 'gold' }));
    expect(claims).toEqual({ team: 'a', acr: 'gold' });
  });

  it('names issuer, key and token in the log, and never the text', async () => {
    const text = issuer.accessToken({ jti: 'j9', aud: 'https://other.test' });
    const reason = (await refusalOf(text)).context.reason ?? '';
    expect(reason).toContain('"j9"');
    expect(reason).toContain(issuer.kid);
    expect(text.split('.').some((part) => reason.includes(part))).toBe(false);
  });

  it('believes a token that is bound to a key, and says to which; its sender has to prove it', async () => {
    const thumbprint = 'x'.repeat(43);
    for (const cnf of [{ jkt: thumbprint }, { 'x5t#S256': thumbprint, kid: 'beside it' }]) {
      expect((await verifier.verify(issuer.accessToken({ cnf }))).confirmation).toEqual(cnf);
    }
  });

  it('refuses a token whose cnf names nothing that a sender could prove (RFC 7800 §3.1) [C103]', async () => {
    for (const cnf of [{}, { jkt: 'x' }, { kid: 'x' }, { 'x5t#S256': 7 }, 'key', null]) {
      expect((await refusalOf(issuer.accessToken({ cnf }))).code).toBe('ERR_TOKEN_INVALID');
    }
  });
});
