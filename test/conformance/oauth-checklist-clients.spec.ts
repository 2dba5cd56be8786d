import { ClientSecretService, ClientService, RevocationService } from '@sallyport/nest';
import {
  basic,
  Browser,
  form,
  grantRole,
  ISSUER,
  post,
  redeem,
  refresh,
  registerClient,
  send,
  startAuthorizationServer,
  type HttpAnswer,
  type TestClient,
} from '../support/authorization-server.js';
import { assertionParameters, ClientKey } from '../support/client-key.js';
import { issueSecret, seeder, type Instance } from '../support/instances.js';
import { refusalOf as codeOfRefusal } from '../support/keys-and-clients.js';
import { clientCredentials, introspect, refusalOf, revoke } from '../support/oauth-answers.js';
import { secondsLater } from '../support/time-travel.js';

const GRANTS = ['authorization_code', 'refresh_token', 'client_credentials'];

describe('The OAuth checklist: token endpoint and client authentication', () => {
  let server: Instance;
  let shop: TestClient;
  let other: TestClient;
  let alice: Browser;

  beforeAll(async () => {
    server = await startAuthorizationServer();
    shop = await registerClient(server, 'shop', { grantTypes: GRANTS });
    other = await registerClient(server, 'other', { grantTypes: GRANTS });
    await grantRole(server, 'alice');
    alice = new Browser(server);
  });
  afterAll(() => server.app.close());

  it('18. The password grant is an unsupported_grant_type, with the right password too [C10] [C60] [C88]', async () => {
    const answer = await post(server, 'token', shop, {
      grant_type: 'password',
      username: 'alice',
      password: "alice's password",
    });
    expect(refusalOf(answer, ["alice's password"])).toBe('400 unsupported_grant_type');
  });

  it('18. Neither password nor implicit is in the metadata, and no client can be registered for them [C10] [C88]', async () => {
    const { body } = await send(server, '/.well-known/oauth-authorization-server/oauth');
    expect([...body.grant_types_supported].sort()).toEqual([...GRANTS].sort());
    expect(body.response_types_supported).toEqual(['code']);
    for (const grantType of ['password', 'implicit']) {
      const fields = { clientId: 'old', name: 'Old', type: 'confidential', scope: [] } as const;
      const registering = server
        .get(ClientService)
        .register({ ...fields, grantTypes: [grantType] }, seeder);
      expect(await codeOfRefusal(registering)).toBe('ERR_INPUT_INVALID');
    }
  });

  describe('19. Credentials', () => {
    const right = { grant_type: 'client_credentials' };

    it.each(['token', 'revoke', 'introspect', 'par'])(
      '19. Credentials in the query string are refused at /oauth/%s',
      async (endpoint) => {
        const { clientId: client_id, secret } = shop;
        const query = form({ client_id, client_secret: secret ?? '' }).toString();
        const answer = await send(server, `/oauth/${endpoint}?${query}`, {
          method: 'POST',
          body: form({ ...right, token: 'x' }),
        });
        expect(refusalOf(answer, [secret])).toBe('400 invalid_request');
      },
    );

    it.each(['token', 'revoke', 'introspect', 'par'] as const)(
      '19. Two authentication methods at once are an invalid_request at /oauth/%s',
      async (endpoint) => {
        const { clientId: client_id, secret } = shop;
        const inBody = { client_id, client_secret: secret ?? '' };
        const assertion = assertionParameters('x.y.z');
        for (const second of [inBody, assertion, { ...inBody, client_secret: 'wrong' }]) {
          const answer = await post(server, endpoint, shop, { ...right, token: 'x', ...second });
          expect(refusalOf(answer, [secret])).toBe('400 invalid_request');
        }
        const bodyOnly = { ...right, token: 'x', ...inBody, ...assertion };
        expect(refusalOf(await post(server, endpoint, null, bodyOnly), [secret])).toBe(
          '400 invalid_request',
        );
      },
    );
  });

  describe('20. private_key_jwt', () => {
    let key: ClientKey;
    beforeAll(async () => {
      key = await ClientKey.create();
      await registerClient(server, 'bank', { jwks: key.jwks, grantTypes: GRANTS });
    });
    const ask = (assertion: string): Promise<HttpAnswer> =>
      post(server, 'token', null, {
        grant_type: 'client_credentials',
        ...assertionParameters(assertion),
      });
    const refused = async (assertion: string) =>
      expect(refusalOf(await ask(assertion), [assertion])).toBe('401 invalid_client');

    it('20. private_key_jwt: aud is the issuer and nothing else [C57]', async () => {
      expect((await ask(await key.assertion('bank'))).status).toBe(200);
      const others = [
        `${ISSUER}/token`,
        'https://api.test',
        [ISSUER, `${ISSUER}/token`],
        `${ISSUER}/`,
      ];
      for (const aud of others) await refused(await key.assertion('bank', { aud }));
    });

    it('20. private_key_jwt: exp is needed', async () => {
      await refused(await key.assertion('bank', { exp: undefined }));
      await refused(await key.assertion('bank', { exp: Math.floor(Date.now() / 1000) - 60 }));
    });

    it('20. private_key_jwt: jti is single-use, at every endpoint together', async () => {
      const assertion = await key.assertion('bank');
      expect((await ask(assertion)).status).toBe(200);
      await refused(assertion);
      const parameters = { token: 'x', ...assertionParameters(assertion) };
      for (const endpoint of ['revoke', 'introspect', 'par'] as const) {
        expect(refusalOf(await post(server, endpoint, null, parameters))).toBe(
          '401 invalid_client',
        );
      }
    });

    it('20. private_key_jwt: alg none and HS256 with the public key are invalid_client', async () => {
      const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const now = Math.floor(Date.now() / 1000);
      const claims = { iss: 'bank', sub: 'bank', aud: ISSUER, jti: 'j', iat: now, exp: now + 60 };
      await refused(`${encode({ alg: 'none' })}.${encode(claims)}.`);
      const [jwk = {}] = key.jwks.keys;
      const { createHmac } = await import('node:crypto');
      const input = `${encode({ alg: 'HS256', kid: 'k1' })}.${encode(claims)}`;
      const mac = createHmac('sha256', JSON.stringify(jwk)).update(input).digest('base64url');
      await refused(`${input}.${mac}`);
    });
  });

  describe('21. Client secrets', () => {
    const wrong = (): readonly (readonly [string, string])[] => [
      ['shop', 'x'.repeat(43)],
      ['shop', ''],
      ['shop', (shop.secret ?? '').slice(0, -1)],
      ['shop', `${shop.secret ?? ''}x`],
      ['shop', (shop.secret ?? '').toLowerCase()],
      ['shop', other.secret ?? ''],
      ['nobody', shop.secret ?? ''],
    ];
    const ask = (id: string, secret: string): Promise<HttpAnswer> =>
      post(
        server,
        'token',
        null,
        { grant_type: 'client_credentials' },
        { authorization: basic(id, secret) },
      );

    it('21. client_secret comparison: wrong, empty, a prefix, another client’s: the same answer [C7] [C38]', async () => {
      const answers = new Set<string>();
      for (const [id, secret] of wrong()) {
        const answer = await ask(id, secret);
        expect(refusalOf(answer, [secret])).toBe('401 invalid_client');
        answers.add(`${answer.text} ${String(answer.headers.get('www-authenticate'))}`);
      }
      expect([...answers]).toHaveLength(1);
    });

    it('21. client_secret comparison: in the body as in the header', async () => {
      const answers = new Set<string>();
      for (const [client_id, client_secret] of wrong()) {
        const fields = { grant_type: 'client_credentials', client_id, client_secret };
        const answer = await post(server, 'token', null, fields);
        expect(refusalOf(answer, [client_secret])).toBe('401 invalid_client');
        answers.add(answer.text);
      }
      expect([...answers]).toHaveLength(1);
    });

    it('21. client_secret comparison: similar time', async () => {
      const times = wrong().map((): number[] => []);
      for (let round = 0; round < 40; round += 1) {
        for (const [index, [id, secret]] of wrong().entries()) {
          const began = performance.now();
          await ask(id, secret);
          times[index]?.push(performance.now() - began);
        }
      }
      // Of forty: what a busy machine does to some of them is in none.
      const fastest = times.map((all) => Math.min(...all));
      // A slow hash, or a look-up in a store, for some of them only would be told by more than this.
      expect(Math.max(...fastest)).toBeLessThan(Math.min(...fastest) * 3 + 2);
    });
  });

  describe('22. Answers', () => {
    it('22. Token responses carry Cache-Control: no-store, for every grant', async () => {
      const authorization = await alice.authorize(shop);
      const byCode = await redeem(server, shop, authorization);
      const byRefresh = await refresh(server, shop, byCode.body.refresh_token);
      for (const { status, headers } of [
        byCode,
        byRefresh,
        await clientCredentials(server, shop),
      ]) {
        expect(status).toBe(200);
        expect(headers.get('cache-control')).toBe('no-store');
      }
    });

    it('22. Errors carry no stack and no secret, and no-store, whatever the client accepts', async () => {
      const { code, verifier } = await alice.authorize(shop);
      for (const accept of ['application/json', 'text/html', '*/*', 'image/png', 'nonsense']) {
        for (const endpoint of ['token', 'revoke', 'introspect', 'par'] as const) {
          const fields = { grant_type: 'authorization_code', code, code_verifier: verifier };
          const { status, headers, text } = await post(server, endpoint, shop, fields, { accept });
          expect(status).toBe(400);
          expect(headers.get('cache-control')).toContain('no-store');
          expect(text).not.toMatch(/\bat .*\.(ts|js):\d+|node_modules|oidc-provider/);
          for (const secret of [shop.secret ?? '', code, verifier]) {
            expect(text).not.toContain(secret);
          }
        }
      }
    });
  });

  describe('[W3] A secret', () => {
    const works = async (client: TestClient, secret: string): Promise<boolean> => {
      const { status } = await clientCredentials(server, { ...client, secret });
      return status === 200;
    };

    it('is replaced without downtime: both work during the overlap, then the new one alone [W3] [C46]', async () => {
      const client = await registerClient(server, 'rotating', { grantTypes: GRANTS });
      const old = client.secret ?? '';
      const { refresh_token: token } = await alice.login(client);
      const { plaintext: next } = await server
        .get(ClientSecretService)
        .rotate('rotating', seeder, { overlapSeconds: 60 });
      expect([await works(client, old), await works(client, next)]).toEqual([true, true]);
      await secondsLater(61, async () => {
        expect([await works(client, old), await works(client, next)]).toEqual([false, true]);
        // Tokens are the client's, not the secret's.
        expect((await refresh(server, { ...client, secret: next }, token)).status).toBe(200);
      });
    });

    it('ends at once when it is rotated without overlap, and for every endpoint [W3] [C46]', async () => {
      const client = await registerClient(server, 'leaked', { grantTypes: GRANTS });
      const { access_token: token } = await alice.login(client);
      await server.get(ClientSecretService).rotate('leaked', seeder, { overlapSeconds: 0 });
      expect(await works(client, client.secret ?? '')).toBe(false);
      for (const endpoint of ['revoke', 'introspect'] as const) {
        const answer = await post(server, endpoint, client, { token });
        expect(refusalOf(answer, [token])).toBe('401 invalid_client');
      }
    });

    it('is one of several, each revoked alone [W3] [C46]', async () => {
      const client = await registerClient(server, 'several', { grantTypes: GRANTS });
      const second = await issueSecret(server, 'several');
      expect(await works(client, client.secret ?? '')).toBe(true);
      expect(await works(client, second.plaintext)).toBe(true);
      await server.get(ClientSecretService).revoke(second.secret.id, seeder);
      expect(await works(client, second.plaintext)).toBe(false);
      expect(await works(client, client.secret ?? '')).toBe(true);
    });
  });

  describe('A client', () => {
    it('that is disabled stops at once: its secret, tokens, codes, refresh; enabled again, it goes on', async () => {
      const client = await registerClient(server, 'doomed', { grantTypes: GRANTS });
      const tokens = await alice.login(client);
      const own = (await clientCredentials(server, client)).body.access_token as string;
      const inFlight = await alice.authorize(client);
      expect(await server.probe({ token: tokens.access_token })).toBe(200);
      await server.get(ClientService).disable('doomed', seeder);
      expect(refusalOf(await clientCredentials(server, client))).toBe('401 invalid_client');
      expect(refusalOf(await redeem(server, client, inFlight))).toBe('401 invalid_client');
      expect(refusalOf(await refresh(server, client, tokens.refresh_token))).toBe(
        '401 invalid_client',
      );
      expect(refusalOf(await revoke(server, client, own))).toBe('401 invalid_client');
      for (const token of [tokens.access_token, own]) {
        expect(await server.probe({ token })).toBe(401);
      }
      await expect(alice.authorize(client)).rejects.toThrow(/400/);
      await server.get(ClientService).enable('doomed', seeder);
      expect(await server.probe({ token: own })).toBe(200);
      expect((await refresh(server, client, tokens.refresh_token)).status).toBe(200);
    });

    it('that is revoked loses every secret, token and family for good', async () => {
      const client = await registerClient(server, 'revoked', { grantTypes: GRANTS });
      const tokens = await alice.login(client);
      const inFlight = await alice.authorize(client);
      const { access_token: own } = (await clientCredentials(server, client)).body;
      await server.get(RevocationService).revoke({ kind: 'client', clientId: 'revoked' }, seeder);
      expect(refusalOf(await clientCredentials(server, client))).toBe('401 invalid_client');
      for (const token of [tokens.access_token, own]) {
        expect(await server.probe({ token })).toBe(401);
      }
      const { plaintext: secret } = await issueSecret(server, 'revoked');
      const fresh = { ...client, secret };
      expect(refusalOf(await refresh(server, fresh, tokens.refresh_token))).toBe(
        '400 invalid_grant',
      );
      expect(refusalOf(await redeem(server, fresh, inFlight))).toBe('400 invalid_grant');
      expect(await introspect(server, fresh, own)).toEqual({ active: false });
      const { access_token: token } = (await clientCredentials(server, fresh)).body;
      expect(await server.probe({ token })).toBe(200);
    });

    it('whose allowed scope shrinks gets no more than that with the next refresh', async () => {
      const client = await registerClient(server, 'shrinking', { grantTypes: GRANTS });
      const tokens = await alice.login(client);
      await server.get(ClientService).update('shrinking', { scope: ['invoices:read'] }, seeder);
      const { status, body } = await refresh(server, client, tokens.refresh_token);
      expect([status, body.scope]).toEqual([200, 'invoices:read']);
      const asked = await refresh(server, client, body.refresh_token, { scope: 'invoices:write' });
      expect(refusalOf(asked)).toBe('400 invalid_scope');
    });
  });
});
