import { auth0, keycloak } from '../../libs/sallyport/src/credentials/bearer/issuer-presets.js';
import type { TrustedIssuer } from '../../libs/sallyport/src/credentials/bearer/trusted-issuer.js';
import { createTestVerifier } from '../support/token-verifier.js';
import { TEST_NOW, createTestIssuer } from '../support/tokens.js';

const own = createTestIssuer();
const partner = createTestIssuer({ issuer: 'https://partner.test', algorithm: 'EdDSA' });
const realm = createTestIssuer({ issuer: 'https://sso.test/realms/acme', algorithm: 'RS256' });
const tenant = createTestIssuer({ issuer: 'https://acme.auth0.test/', algorithm: 'RS256' });
const now = TEST_NOW.getTime() / 1000;

const trustedPartner: TrustedIssuer = {
  issuer: partner.issuer,
  audience: ['https://api.test/partner', 'urn:sallyport'],
  algorithms: ['EdDSA'],
  jwks: partner.jwks,
  clients: ['partner-app'],
};

const { verifier, clock, refusalOf } = createTestVerifier(own, {
  trustedIssuers: [
    trustedPartner,
    keycloak({
      issuer: realm.issuer,
      audience: 'invoices-api',
      clients: ['web', 'Nightly'],
      jwks: realm.jwks,
    }),
    auth0({
      issuer: tenant.issuer,
      audience: 'https://api.test',
      clients: ['AbC123'],
      jwks: tenant.jwks,
      rolesClaim: 'https://acme.test/roles',
    }),
  ],
});

const partnerClaims = {
  iss: partner.issuer,
  aud: 'urn:sallyport',
  client_id: 'partner-app',
  sub: 'u1',
  sub_type: 'user',
  scope: 'invoices:read',
  iat: now,
  exp: now + 300,
};
const partnerToken = (claims: object = {}, header: object = {}) =>
  partner.sign({ ...partnerClaims, ...claims }, header);

describe('Trusted issuers', () => {
  it('accepts the tokens of another issuer by its own rules [C11]', async () => {
    expect(await verifier.verify(partnerToken())).toMatchObject({
      issuer: partner.issuer,
      clientId: 'partner-app',
      user: { issuer: partner.issuer, subject: 'u1' },
      jti: null,
      roles: null,
      epochs: null,
    });
  });

  it.each([
    ['a client of ours that it may not speak for', { client_id: 'mobile-app' }],
    ['a client whose name looks like one it may', { client_id: 'Partner-App' }],
    ['our audience, which is not its own', { aud: 'https://api.test' }],
    ['no iat, by which it could be revoked', { iat: undefined }],
    ['no exp', { exp: undefined }],
    ['no word on whether a user acts', { sub_type: undefined }],
    ['a jti that is no string', { jti: 7 }],
    ['a proof-of-possession key that is none', { cnf: { jkt: 'x' } }],
  ])('refuses a token with %s [C14]', async (_what, claims) => {
    expect((await refusalOf(partnerToken(claims))).code).toBe('ERR_TOKEN_INVALID');
  });

  it('believes no epochs, roles of ours or grants of another issuer', async () => {
    const claims = { uep: 99, cep: 99, rv: 99, gid: 'g', roles: ['admin'] };
    const token = await verifier.verify(partnerToken(claims));
    expect(token).toMatchObject({ epochs: null, gid: null, roles: null });
    expect(token.claims).toEqual({});
  });

  it('looks a kid up within its issuer only [C67]', async () => {
    const forged = partner.sign({ ...partnerClaims, iss: own.issuer, aud: 'https://api.test' });
    expect((await refusalOf(forged)).code).toBe('ERR_TOKEN_INVALID');
    const crossed = own.sign(partnerClaims);
    expect((await refusalOf(crossed)).code).toBe('ERR_TOKEN_INVALID');
  });

  it('keeps two issuers apart that use the same kid', async () => {
    const twin = createTestIssuer({ issuer: 'https://twin.test', kid: own.kid });
    const both = createTestVerifier(own, {
      trustedIssuers: [
        { ...trustedPartner, issuer: twin.issuer, algorithms: ['ES256'], jwks: twin.jwks },
      ],
    });
    const claims = { ...partnerClaims, iss: twin.issuer };
    expect((await both.verifier.verify(twin.sign(claims))).issuer).toBe(twin.issuer);
    expect((await both.refusalOf(own.sign(claims))).code).toBe('ERR_TOKEN_INVALID');
    const asOurs = twin.accessToken({ iss: own.issuer });
    expect((await both.refusalOf(asOurs)).code).toBe('ERR_TOKEN_INVALID');
  });

  it('refuses an algorithm that this issuer was not trusted with', async () => {
    expect((await refusalOf(partnerToken({}, { alg: 'ES256' }))).code).toBe('ERR_TOKEN_INVALID');
  });

  it('asks mapClaims who is calling, and refuses what it cannot tell', async () => {
    const mapped = createTestVerifier(own, {
      trustedIssuers: [
        {
          ...trustedPartner,
          mapClaims: ({ app, person }) =>
            typeof app === 'string'
              ? {
                  clientId: app,
                  subject: person as string,
                  scope: ['invoices:read'],
                  roles: ['viewer'],
                }
              : null,
        },
      ],
    });
    const token = await mapped.verifier.verify(partnerToken({ app: 'partner-app', person: 'p1' }));
    expect(token).toMatchObject({
      clientId: 'partner-app',
      user: { subject: 'p1' },
      roles: ['viewer'],
    });
    expect((await mapped.refusalOf(partnerToken())).code).toBe('ERR_TOKEN_INVALID');
  });

  it.each([
    [
      'throws',
      () => {
        throw new TypeError('no');
      },
    ],
    ['gives nothing', () => undefined],
    ['gives a scope that is a string', () => ({ clientId: 'partner-app', scope: 'a b' })],
    ['gives no client', () => ({ scope: [] })],
    ['gives roles that are none', () => ({ clientId: 'partner-app', scope: [], roles: 'admin' })],
    [
      'gives a client as user',
      () => ({ clientId: 'partner-app', subject: 'partner-app', scope: [] }),
    ],
  ])('answers 401 and not 500 when mapClaims %s', async (_what, mapClaims) => {
    const broken = createTestVerifier(own, {
      trustedIssuers: [{ ...trustedPartner, mapClaims: mapClaims as unknown as () => null }],
    });
    expect((await broken.refusalOf(partnerToken())).code).toBe('ERR_TOKEN_INVALID');
  });

  it('lets no mapClaims change a token that later requests share', async () => {
    const greedy = createTestVerifier(own, {
      trustedIssuers: [
        {
          ...trustedPartner,
          mapClaims: (claims) => {
            (claims as Record<string, unknown>).exp = now + 1e6;
            return { clientId: 'partner-app', scope: [] };
          },
        },
      ],
    });
    expect((await greedy.refusalOf(partnerToken())).code).toBe('ERR_TOKEN_INVALID');
  });
});

describe('Keycloak', () => {
  const claims = {
    iss: realm.issuer,
    aud: ['invoices-api', 'account'],
    typ: 'Bearer',
    azp: 'web',
    sub: 'f3c8',
    sid: 's1',
    jti: 'onrtac:1',
    iat: now,
    exp: now + 300,
    scope: 'email invoices:read',
    preferred_username: 'alice',
    realm_access: { roles: ['offline_access', 'staff'] },
    resource_access: { web: { roles: ['editor'] }, account: { roles: ['manage-account'] } },
  };
  const token = (changes: object = {}, typ = 'JWT') =>
    realm.sign({ ...claims, ...changes }, { typ });

  it('reads client, user, scope and the roles of realm and client [C11]', async () => {
    expect(await verifier.verify(token())).toMatchObject({
      clientId: 'web',
      user: { issuer: realm.issuer, subject: 'f3c8' },
      scope: ['email', 'invoices:read'],
      roles: ['offline_access', 'staff', 'editor'],
      sid: 's1',
      jti: 'onrtac:1',
    });
  });

  it('takes the token of a service account for the client itself', async () => {
    const changes = {
      azp: 'Nightly',
      client_id: 'Nightly',
      preferred_username: 'service-account-nightly',
    };
    expect((await verifier.verify(token(changes))).user).toBeNull();
  });

  it.each([
    [
      'a user who took the name of a service account',
      { preferred_username: 'service-account-web' },
    ],
    ['a user whose token names a client', { client_id: 'web' }],
  ])("takes the token of %s for a user's", async (_what, changes) => {
    expect((await verifier.verify(token(changes))).user).not.toBeNull();
  });

  it.each(['ID', 'Refresh', 'Offline', 'Logout', 'bearer', undefined])(
    'refuses a token whose claim typ is %j [C102]',
    async (typ) => {
      expect((await refusalOf(token({ typ }))).code).toBe('ERR_TOKEN_INVALID');
    },
  );

  it('refuses a token for the account console only', async () => {
    expect((await refusalOf(token({ aud: 'account' }))).code).toBe('ERR_TOKEN_INVALID');
  });
});

describe('Auth0', () => {
  const claims = {
    iss: tenant.issuer,
    aud: ['https://api.test', 'https://acme.auth0.test/userinfo'],
    sub: 'auth0|123',
    azp: 'AbC123',
    iat: now,
    exp: now + 300,
    scope: 'openid invoices:read',
  };
  const token = (changes: object = {}, typ = 'JWT') =>
    tenant.sign({ ...claims, ...changes }, { typ });

  it.each([
    ['Auth0 profile', {}, 'JWT'],
    ['RFC 9068 profile', { azp: undefined, client_id: 'AbC123', jti: 'j' }, 'at+jwt'],
  ])('reads client, user and scope in the %s [C11]', async (_what, changes, typ) => {
    expect(await verifier.verify(token(changes, typ))).toMatchObject({
      clientId: 'AbC123',
      user: { issuer: tenant.issuer, subject: 'auth0|123' },
      scope: ['openid', 'invoices:read'],
      roles: [],
    });
  });

  it('reads roles from the claim it was told, and permissions where there is no scope', async () => {
    const changes = {
      scope: undefined,
      permissions: ['invoices:read'],
      'https://acme.test/roles': ['editor'],
    };
    expect(await verifier.verify(token(changes))).toMatchObject({
      scope: ['invoices:read'],
      roles: ['editor'],
    });
  });

  it("takes a machine's token for the client itself", async () => {
    const changes = { sub: 'AbC123@clients', gty: 'client-credentials' };
    expect((await verifier.verify(token(changes))).user).toBeNull();
  });

  it.each([
    ['an ID token', { aud: ['AbC123'], azp: undefined, scope: undefined, nonce: 'n' }],
    ['an ID token for this audience', { nonce: 'n' }],
    ['an ID token with a hash of the access token', { at_hash: 'h' }],
    ['a logout token', { events: {} }],
    ['a token that grants nothing at all', { scope: undefined }],
    [
      'the token of a client that says to be a machine and is a user',
      { gty: 'client-credentials' },
    ],
    ['the token of a client that is not bound to the issuer', { azp: 'mobile-app' }],
    ['permissions that are no strings', { scope: undefined, permissions: [1] }],
  ])('refuses %s [C102]', async (_what, changes) => {
    expect((await refusalOf(token(changes))).code).toBe('ERR_TOKEN_INVALID');
  });

  it('refuses it once it has expired, also when it was seen before', async () => {
    const text = token();
    await verifier.verify(text);
    clock.advance(330);
    expect((await refusalOf(text)).code).toBe('ERR_CREDENTIAL_EXPIRED');
    clock.set(TEST_NOW);
  });
});
