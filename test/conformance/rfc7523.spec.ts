import { createHmac, createPublicKey } from 'node:crypto';
import { ClientService } from '@sallyport/nest';
import {
  Browser,
  ISSUER,
  post,
  redeem,
  refresh,
  registerClient,
  startAuthorizationServer,
  type HttpAnswer,
  type TestClient,
} from '../support/authorization-server.js';
import { assertionParameters, ClientKey } from '../support/client-key.js';
import { seeder, type Instance } from '../support/instances.js';
import { refusalOf } from '../support/oauth-answers.js';
import { encode } from '../support/tokens.js';

const now = (): number => Math.floor(Date.now() / 1000);

describe('RFC 7523', () => {
  let server: Instance;
  let key: ClientKey;
  let bank: TestClient;

  beforeAll(async () => {
    server = await startAuthorizationServer();
    key = await ClientKey.create();
    bank = await registerClient(server, 'bank', {
      jwks: key.jwks,
      grantTypes: ['client_credentials', 'authorization_code', 'refresh_token'],
    });
  });
  afterAll(() => server.app.close());

  const ask = (assertion: string, more: Record<string, string> = {}): Promise<HttpAnswer> =>
    post(server, 'token', null, {
      grant_type: 'client_credentials',
      ...assertionParameters(assertion),
      ...more,
    });
  const refusal = async (assertion: string, more: Record<string, string> = {}): Promise<string> =>
    refusalOf(await ask(assertion, more), [assertion]);

  it('§2.2 takes a client that signs for itself, with or without client_id beside [C57]', async () => {
    expect((await ask(await key.assertion('bank'))).status).toBe(200);
    expect((await ask(await key.assertion('bank'), { client_id: 'bank' })).status).toBe(200);
  });

  it.each(['ES256', 'RS256', 'PS256', 'EdDSA'])('§3.1 takes %s', async (algorithm) => {
    const other = await ClientKey.create(algorithm);
    const clientId = `bank-${algorithm}`;
    const grantTypes = ['client_credentials'];
    await registerClient(server, clientId, { jwks: other.jwks, grantTypes });
    expect((await ask(await other.assertion(clientId))).status).toBe(200);
  });

  it('§3 takes no signature by a key that was registered for encryption (RFC 7517 §4.2)', async () => {
    const signs = await ClientKey.create();
    const encrypts = await ClientKey.create('ES256', 'e1');
    const enc = encrypts.jwks.keys.map(({ alg: _alg, ...jwk }) => ({ ...jwk, use: 'enc' }));
    const jwks = { keys: [...enc, ...signs.jwks.keys] };
    await registerClient(server, 'bank-enc', { jwks, grantTypes: ['client_credentials'] });
    expect((await ask(await signs.assertion('bank-enc'))).status).toBe(200);
    expect(await refusal(await encrypts.assertion('bank-enc', {}, { kid: 'e1' }))).toBe(
      '401 invalid_client',
    );
  });

  it('§2.2 takes it for every grant, and where tokens are introspected and revoked', async () => {
    const authorization = await new Browser(server).authorize(bank);
    const asBank = () => key.parameters('bank');
    const noSecret = { clientId: 'bank', secret: 'x', redirectUri: bank.redirectUri };
    expect((await redeem(server, noSecret, authorization)).status).toBe(401);
    const first = await post(server, 'token', null, {
      grant_type: 'authorization_code',
      code: authorization.code,
      code_verifier: authorization.verifier,
      redirect_uri: authorization.redirectUri,
      ...(await asBank()),
    });
    expect(first.status).toBe(200);
    expect((await refresh(server, noSecret, first.body.refresh_token)).status).toBe(401);
    const second = await post(server, 'token', null, {
      grant_type: 'refresh_token',
      refresh_token: first.body.refresh_token,
      ...(await asBank()),
    });
    expect(second.status).toBe(200);
    const { access_token: token } = second.body;
    const active = { token, ...(await asBank()) };
    expect((await post(server, 'introspect', null, active)).body.active).toBe(true);
    const revoked = { token, ...(await asBank()) };
    expect((await post(server, 'revoke', null, revoked)).status).toBe(200);
    const asked = { token, ...(await asBank()) };
    expect((await post(server, 'introspect', null, asked)).body).toEqual({ active: false });
  });

  it.each([
    ['without iss', { iss: undefined }],
    ['with the iss of another client', { iss: 'shop' }],
    ['without exp', { exp: undefined }],
    ['with an exp in the past', { exp: now() - 60 }],
    ['with an exp in an hour', { exp: now() + 3_600 }],
    ['with nbf in the future', { nbf: now() + 600 }],
    ['without jti', { jti: undefined }],
    ['without aud', { aud: undefined }],
    ['for another issuer', { aud: 'https://evil.test' }],
    ['for the token endpoint', { aud: `${ISSUER}/token` }],
    ['for the issuer and another', { aud: [ISSUER, 'https://evil.test'] }],
    ['for nobody', { aud: [] }],
  ])('§3 refuses one %s', async (_what, claims) => {
    expect(await refusal(await key.assertion('bank', claims))).toBe('401 invalid_client');
  });

  it.each([
    ['without sub', { sub: undefined }],
    ['with the sub of nobody', { sub: 'nobody' }],
    ['with a sub that is a number', { sub: 7 }],
  ])('§3 refuses one %s', async (_what, claims) => {
    expect(await refusal(await key.assertion('bank', claims))).toMatch(
      /^(401 invalid_client|400 invalid_request)$/,
    );
  });

  it('§3 refuses one whose sub is another client', async () => {
    const other = await ClientKey.create();
    await registerClient(server, 'other-bank', {
      jwks: other.jwks,
      grantTypes: ['client_credentials'],
    });
    for (const claims of [{ sub: 'other-bank' }, { sub: 'other-bank', iss: 'other-bank' }]) {
      expect(await refusal(await key.assertion('bank', claims))).toBe('401 invalid_client');
    }
    expect(await refusal(await key.assertion('bank'), { client_id: 'other-bank' })).toBe(
      '400 invalid_request',
    );
  });

  it('§3 refuses one that was sent before, also when both come at once', async () => {
    const assertion = await key.assertion('bank');
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(assertion)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await refusal(assertion)).toBe('401 invalid_client');
  });

  it('§3 refuses another spelling of the signature of one that was sent before', async () => {
    const assertion = await key.assertion('bank');
    expect((await ask(assertion)).status).toBe(200);
    for (const respelt of [`${assertion}=`, `${assertion}==`, `${assertion}.`]) {
      expect(await refusal(respelt)).toMatch(/^4/);
    }
  });

  describe('§3.2 refuses a signature that is not the client’s', () => {
    const unsigned = (header: object): string =>
      `${encode(header)}.${encode({
        iss: 'bank',
        sub: 'bank',
        aud: ISSUER,
        jti: String(Math.random()),
        iat: now(),
        exp: now() + 60,
      })}`;

    it.each(['none', 'None', 'NONE'])('alg %s', async (alg) => {
      expect(await refusal(`${unsigned({ alg })}.`)).toBe('401 invalid_client');
    });

    it.each(['HS256', 'HS384', 'HS512'])('%s keyed with the public key', async (alg) => {
      const [jwk = {}] = key.jwks.keys;
      const publicKey = createPublicKey({ format: 'jwk', key: jwk as Record<string, unknown> });
      const texts = [
        publicKey.export({ format: 'pem', type: 'spki' }) as string,
        JSON.stringify(jwk),
        JSON.stringify(key.jwks),
      ];
      for (const text of texts) {
        const input = unsigned({ alg, kid: 'k1' });
        const hmac = createHmac(`sha${alg.slice(2)}`, text)
          .update(input)
          .digest('base64url');
        expect(await refusal(`${input}.${hmac}`)).toBe('401 invalid_client');
      }
    });

    it('another key under the same kid', async () => {
      const stranger = await ClientKey.create();
      expect(await refusal(await stranger.assertion('bank'))).toBe('401 invalid_client');
    });

    it('a key that the assertion brings along', async () => {
      const stranger = await ClientKey.create();
      const [jwk] = stranger.jwks.keys;
      const headers = [{ jwk }, { jku: 'https://evil.test/jwks' }, { x5u: 'https://evil.test/x' }];
      for (const header of headers) {
        const assertion = await stranger.assertion('bank', {}, header);
        expect(await refusal(assertion)).toBe('401 invalid_client');
      }
    });

    it('a signature cut off', async () => {
      const assertion = await key.assertion('bank');
      expect(await refusal(assertion.slice(0, -4))).toBe('401 invalid_client');
    });
  });

  it.each(['', 'x', 'a.b.c', '..', 'eyJhbGciOiJFUzI1NiJ9.e30.', 'é', 'a'.repeat(10_000)])(
    '§3 refuses what is no assertion: %.20j',
    async (text) => {
      expect(await refusal(text)).toMatch(/^(401 invalid_client|400 invalid_request)$/);
    },
  );

  it.each(['', 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer', 'jwt-bearer'])(
    '§2.2 refuses the client_assertion_type %j',
    async (type) => {
      const assertion = await key.assertion('bank');
      expect(await refusal(assertion, { client_assertion_type: type })).toBe('400 invalid_request');
    },
  );

  it('RFC 6749 §2.3 refuses an assertion beside a secret', async () => {
    const assertion = await key.assertion('bank');
    const both = await post(
      server,
      'token',
      { clientId: 'bank', secret: 'x'.repeat(43) },
      { grant_type: 'client_credentials', ...assertionParameters(assertion) },
    );
    expect(refusalOf(both, [assertion])).toBe('400 invalid_request');
    expect(await refusal(assertion, { client_secret: 'x'.repeat(43) })).toBe('400 invalid_request');
  });

  it('OpenID Connect Core §9 takes no secret from a client that registered keys, and no assertion from one with a secret', async () => {
    const shop = await registerClient(server, 'shop', { grantTypes: ['client_credentials'] });
    expect(await refusal(await key.assertion('shop'))).toBe('401 invalid_client');
    const asBank = { clientId: 'bank', secret: shop.secret };
    const answer = await post(server, 'token', asBank, { grant_type: 'client_credentials' });
    expect(refusalOf(answer, [shop.secret])).toBe('401 invalid_client');
    const unauthenticated = { grant_type: 'client_credentials', client_id: 'bank' };
    expect(refusalOf(await post(server, 'token', null, unauthenticated))).toBe(
      '401 invalid_client',
    );
  });

  it('RFC 7517 takes the old key and the new while both are registered, then the new alone [W3]', async () => {
    const clients = server.get(ClientService);
    const [old, next] = [
      await ClientKey.create('ES256', 'old'),
      await ClientKey.create('ES256', 'next'),
    ];
    const grantTypes = ['client_credentials'];
    await registerClient(server, 'rotating', { jwks: old.jwks, grantTypes });
    const signedBy = (which: ClientKey, kid: string) => which.assertion('rotating', {}, { kid });
    const both = { keys: [...next.jwks.keys, ...old.jwks.keys] };
    await clients.update('rotating', { jwks: both }, seeder);
    expect((await ask(await signedBy(old, 'old'))).status).toBe(200);
    expect((await ask(await signedBy(next, 'next'))).status).toBe(200);
    await clients.update('rotating', { jwks: next.jwks }, seeder);
    expect(await refusal(await signedBy(old, 'old'))).toBe('401 invalid_client');
    expect((await ask(await signedBy(next, 'next'))).status).toBe(200);
  });

  it('RFC 8414 §2 says which algorithms, and none of them is symmetric', async () => {
    const response = await fetch(`${server.url}/.well-known/oauth-authorization-server/oauth`);
    const metadata = (await response.json()) as Record<string, readonly string[]>;
    const algorithms = metadata.token_endpoint_auth_signing_alg_values_supported ?? [];
    expect(algorithms).toContain('ES256');
    expect(algorithms.filter((name) => /^(HS|none)/.test(name))).toEqual([]);
    expect(metadata.token_endpoint_auth_methods_supported).toContain('private_key_jwt');
  });
});
