import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  EncryptionKeyService,
  SigningKeyService,
  TokenVerifier,
  type SallyportOptions,
} from '@sallyport/nest';
import { compactDecrypt, createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import {
  Browser,
  grantRole,
  ISSUER,
  post,
  refresh,
  registerClient,
  send,
  startAuthorizationServer,
  type TestClient,
} from '../support/authorization-server.js';
import { hashOf } from '../support/bound-tokens.js';
import { ProofMaker } from '../support/dpop-proof.js';
import { seedClients, seeder, startInstance, type Instance } from '../support/instances.js';
import { createTestRecipient, encryptTo, recipientOf } from '../support/nested-tokens.js';
import { claimsOf, clientCredentials, introspect, revoke } from '../support/oauth-answers.js';
import { adapters } from '../support/reference-api.js';
import { TEST_AUDIENCE } from '../support/tokens.js';

const LEDGER = 'https://ledger.test';
const ARCHIVE = 'https://archive.test';
const ledgerKey = createTestRecipient('ledger-1', 'RSA-OAEP-256');
const archiveKey = createTestRecipient('archive-1');

/** The JWK set of another resource server, as the test sets it; null: it is away. */
class PublishedSet {
  keys: readonly object[] | null = [archiveKey.publicJwk];
  private readonly server: Server;

  constructor() {
    this.server = createServer((_request, response) => {
      response.writeHead(this.keys === null ? 500 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ keys: this.keys ?? [] }));
    });
  }

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}/jwks`;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

describe.each(adapters)('Access tokens that only the API can read, on %s', (adapter) => {
  const published = new PublishedSet();
  let server: Instance;
  let shop: TestClient;
  let gateway: TestClient;
  let ledger: TestClient;
  let alice: Browser;

  beforeAll(async () => {
    server = await startAuthorizationServer({
      adapter,
      sallyport: { encryptedTokens: 'required' },
      server: {
        encryptAccessTokens: true,
        resources: [
          {
            identifier: LEDGER,
            scope: ['invoices:read'],
            encryption: { jwk: ledgerKey.publicJwk },
          },
          {
            identifier: ARCHIVE,
            scope: ['invoices:read'],
            encryption: { jwksUri: await published.open() },
          },
        ],
      },
    });
    const grantTypes = ['authorization_code', 'refresh_token', 'client_credentials'];
    shop = await registerClient(server, 'shop', { grantTypes });
    const asks = { grantTypes: [], redirectUris: [] };
    gateway = await registerClient(server, 'gateway', { ...asks, resources: [TEST_AUDIENCE] });
    ledger = await registerClient(server, 'ledger', { ...asks, resources: [LEDGER] });
    await grantRole(server, 'alice');
    alice = new Browser(server);
  });
  afterAll(async () => {
    await server.app.close();
    published.close();
  });

  const login = async (): Promise<{ access_token: string; refresh_token: string }> =>
    (await alice.login(shop)) as { access_token: string; refresh_token: string };
  /** What is inside of a token for this API. */
  const insideOf = async (token: string): Promise<string> => {
    const { kid = '' } = decodeProtectedHeader(token);
    const key = await server.get(EncryptionKeyService).find(kid);
    if (key === null) throw new TypeError('no such key');
    return Buffer.from((await compactDecrypt(token, key.key)).plaintext).toString();
  };
  /** Our public key, as anybody has it. */
  const us = async () => {
    const jwk = (await ownJwks()).keys.find(({ use }) => use === 'enc') ?? {};
    return recipientOf(jwk);
  };
  const ownJwks = async () =>
    (await send(server, '/.well-known/jwks.json')).body as { keys: { use: string; kid: string }[] };
  const tokenFor = async (resource: string) =>
    clientCredentials(server, shop, { resource, scope: 'invoices:read' });

  it('say nothing to the client, and let it in [C61] [C105]', async () => {
    const { access_token: token } = await login();
    expect(decodeProtectedHeader(token)).toEqual({
      alg: 'ECDH-ES',
      enc: 'A256GCM',
      kid: (await ownJwks()).keys.find(({ use }) => use === 'enc')?.kid,
      cty: 'at+jwt',
      iss: ISSUER,
      aud: TEST_AUDIENCE,
      epk: expect.objectContaining({ kty: 'EC', crv: 'P-256' }) as object,
    });
    for (const part of token.split('.')) {
      expect(Buffer.from(part, 'base64url').toString('latin1')).not.toMatch(
        /alice|invoices|editor/,
      );
    }
    expect((await server.call('/probe', { token })).body).toMatchObject({
      client: 'shop',
      user: 'alice',
      roles: ['editor', 'viewer'],
    });
    expect((await server.get(TokenVerifier).verify(token)).user?.subject).toBe('alice');
  });

  it('are those of RFC 9068 inside, for any implementation that has the key', async () => {
    const inside = await insideOf((await login()).access_token);
    const keys = createLocalJWKSet(await server.get(SigningKeyService).jwks());
    const { payload } = await jwtVerify(inside, keys, {
      issuer: ISSUER,
      audience: TEST_AUDIENCE,
      typ: 'at+jwt',
    });
    expect(payload).toMatchObject({ sub: 'alice', client_id: 'shop' });
  });

  it('are refused without their envelope, and when anybody else sealed one', async () => {
    const { access_token: token } = await login();
    const inside = await insideOf(token);
    expect(await server.probe({ token: inside })).toBe(401);
    const claims = Buffer.from(inside.split('.')[1] ?? '', 'base64url').toString();
    const answer = await server.call('/probe', { token: await encryptTo(await us(), claims) });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
  });

  it('open userinfo, and tell who asks at introspection', async () => {
    const { access_token: token } = (await alice.login(shop, {
      scope: 'openid invoices:read',
    })) as { access_token: string };
    const userinfo = await send(server, '/oauth/userinfo', {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(userinfo.body).toEqual({ sub: 'alice' });
    expect(await introspect(server, gateway, token)).toMatchObject({
      active: true,
      sub: 'alice',
      aud: TEST_AUDIENCE,
    });
    expect(await introspect(server, ledger, token)).toEqual({ active: false });
  });

  it('end when they are revoked, in whatever envelope they come', async () => {
    const { access_token: token } = await login();
    const inside = await insideOf(token);
    expect(await server.probe({ token })).toBe(200);
    expect((await revoke(server, shop, token)).status).toBe(200);
    expect(await server.probe({ token })).toBe(401);
    const again = await encryptTo(await us(), inside);
    expect(await server.probe({ token: again })).toBe(401);
    expect(await introspect(server, shop, token)).toEqual({ active: false });
  });

  it('come the same when a refresh is told again', async () => {
    const { refresh_token: refreshToken } = await login();
    const [first, second] = [
      await refresh(server, shop, refreshToken),
      await refresh(server, shop, refreshToken),
    ];
    expect(first.status).toBe(200);
    expect(second.body.access_token).toBe(first.body.access_token);
    expect(await server.probe({ token: first.body.access_token as string })).toBe(200);
  });

  it('are bound to the key of a proof, whose ath is over the envelope (RFC 9449 §4.2)', async () => {
    const key = await ProofMaker.create();
    const parameters = { grant_type: 'client_credentials' };
    const { body } = await post(server, 'token', shop, parameters, { DPoP: await key.proof() });
    const token = body.access_token as string;
    const call = async (ath: string) => {
      const claims = { htm: 'GET', htu: 'https://api.test/probe', ath };
      const headers = { authorization: `DPoP ${token}`, DPoP: await key.proof(claims) };
      return (await server.call('/probe', { headers })).status;
    };
    expect(await call(hashOf(token))).toBe(200);
    expect(await call(hashOf(await insideOf(token)))).toBe(401);
    expect(await server.probe({ token })).toBe(401);
  });

  describe('for another resource server', () => {
    it('are read by its private key and verified by our public ones, with jose alone', async () => {
      const { access_token: token } = (await tokenFor(LEDGER)).body as { access_token: string };
      expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'RSA-OAEP-256', kid: 'ledger-1' });
      const { plaintext } = await compactDecrypt(token, ledgerKey.privateKey);
      const keys = createLocalJWKSet((await send(server, '/oauth/jwks')).body as never);
      const { payload } = await jwtVerify(plaintext, keys, { issuer: ISSUER, audience: LEDGER });
      expect(payload).toMatchObject({ client_id: 'shop', scope: 'invoices:read' });
    });

    it('are encrypted to the first key it publishes', async () => {
      const { body } = await tokenFor(ARCHIVE);
      const { plaintext } = await compactDecrypt(
        body.access_token as string,
        archiveKey.privateKey,
      );
      expect(claimsOf(Buffer.from(plaintext).toString()).aud).toBe(ARCHIVE);
    });

    it('are not ours to read: not active, and not revoked, which is not said to be done (RFC 7009 §2.2.1)', async () => {
      const { access_token: token } = (await tokenFor(LEDGER)).body as { access_token: string };
      expect(await server.probe({ token })).toBe(401);
      expect(await introspect(server, ledger, token)).toEqual({ active: false });
      const refused = await revoke(server, shop, token);
      expect([refused.status, refused.body.error]).toEqual([400, 'unsupported_token_type']);
      const garbage = token.replace(/^[^.]+/, Buffer.from('{"alg":"dir"}').toString('base64url'));
      expect((await revoke(server, shop, garbage)).status).toBe(200);
    });

    it('are told of, and revoked, by what its resource server found inside', async () => {
      const { access_token: token } = (await tokenFor(LEDGER)).body as { access_token: string };
      const { plaintext } = await compactDecrypt(token, ledgerKey.privateKey);
      const inside = Buffer.from(plaintext).toString();
      expect(await introspect(server, ledger, inside)).toMatchObject({ active: true, aud: LEDGER });
      expect((await revoke(server, shop, inside)).status).toBe(200);
      expect(await introspect(server, ledger, inside)).toEqual({ active: false });
    });
  });
});

describe('A resource server whose keys cannot be had', () => {
  it('gets no token that anybody could read: the client is told to come again', async () => {
    const published = new PublishedSet();
    published.keys = null;
    const server = await startAuthorizationServer({
      server: {
        resources: [
          {
            identifier: ARCHIVE,
            scope: ['invoices:read'],
            encryption: { jwksUri: await published.open() },
          },
        ],
      },
    });
    const shop = await registerClient(server, 'shop', {
      grantTypes: ['client_credentials'],
      redirectUris: [],
    });
    const ask = () =>
      clientCredentials(server, shop, { resource: ARCHIVE, scope: 'invoices:read' });
    const away = await ask();
    expect([away.status, away.body.error]).toEqual([503, 'temporarily_unavailable']);
    expect(away.headers.get('retry-after')).not.toBeNull();
    // Other tokens are not held up, and stay as they were.
    expect(claimsOf((await clientCredentials(server, shop)).body.access_token as string).aud).toBe(
      TEST_AUDIENCE,
    );
    await server.app.close();
    published.close();
  });

  it.each([
    ['keys that sign', { ...archiveKey.publicJwk, use: 'sig' }],
    ['a private key', archiveKey.privateJwk],
    ['a key that does not say what it is for', { ...archiveKey.publicJwk, use: undefined }],
    ['a shared secret', { kty: 'oct', k: 'A'.repeat(43), kid: 'k', use: 'enc', alg: 'dir' }],
  ])('gets none either where it publishes nothing but %s', async (_what, jwk) => {
    const published = new PublishedSet();
    published.keys = [jwk];
    const encryption = { jwksUri: await published.open() };
    const resources = [{ identifier: ARCHIVE, scope: ['invoices:read'], encryption }];
    const server = await startAuthorizationServer({ server: { resources } });
    const shop = await registerClient(server, 'shop', {
      grantTypes: ['client_credentials'],
      redirectUris: [],
    });
    const answer = await clientCredentials(server, shop, { resource: ARCHIVE });
    expect(answer.status).toBe(503);
    await server.app.close();
    published.close();
  });
});

describe('Keys that access tokens are encrypted to', () => {
  it('rotate while they are used, and no valid token is refused [W4] [C61] [C64]', async () => {
    const server = await startAuthorizationServer({
      sallyport: { encryptedTokens: 'required' },
      server: { encryptAccessTokens: true },
    });
    const shop = await registerClient(server, 'shop', {
      grantTypes: ['client_credentials'],
      redirectUris: [],
    });
    const keys = server.get(EncryptionKeyService);
    const used = new Set<string | undefined>();
    const tokens: string[] = [];
    let isOver = false;
    const load = Array.from({ length: 4 }, async () => {
      while (!isOver) {
        const { body } = await clientCredentials(server, shop);
        const token = body.access_token as string;
        used.add(decodeProtectedHeader(token).kid);
        tokens.push(token);
        expect(await server.probe({ token })).toBe(200);
        expect(await server.probe({ token: tokens[Math.floor(tokens.length / 2)] ?? '' })).toBe(
          200,
        );
      }
    });
    for (let rotation = 0; rotation < 3; rotation += 1) {
      const before = tokens.length;
      while (tokens.length < before + 20) await new Promise((resolve) => setTimeout(resolve, 5));
      expect(await keys.rotateNow(seeder)).toBe(true);
    }
    const before = tokens.length;
    while (tokens.length < before + 20) await new Promise((resolve) => setTimeout(resolve, 5));
    isOver = true;
    await Promise.all(load);
    expect(used.size).toBe(4);
    for (const token of tokens) expect(await server.probe({ token })).toBe(200);
    await server.app.close();
  });

  it('end at once when one is leaked: its tokens are refused, also where they were seen, and a refresh brings others', async () => {
    const server = await startAuthorizationServer({
      sallyport: { encryptedTokens: 'accepted' },
      server: { encryptAccessTokens: true },
    });
    const admin = await seedClients(server);
    const app = await registerClient(server, 'app');
    await grantRole(server, 'alice');
    const { access_token: token, refresh_token: refreshToken } = (await new Browser(server).login(
      app,
    )) as { access_token: string; refresh_token: string };
    expect(await server.probe({ token })).toBe(200);
    const { kid = '' } = decodeProtectedHeader(token);
    const body = { kind: 'encryption-key', id: kid, reason: 'leaked' };
    const revoke = () => server.call('/admin/revocations', { key: admin, body });
    expect((await revoke()).status).toBe(204);
    expect((await revoke()).status).toBe(404);
    expect(await server.probe({ token })).toBe(401);
    const again = (await refresh(server, app, refreshToken)).body.access_token as string;
    expect(decodeProtectedHeader(again).kid).not.toBe(kid);
    expect(await server.probe({ token: again })).toBe(200);
    await server.app.close();
  });
});

describe('A resource server elsewhere', () => {
  it.each<[string, Partial<SallyportOptions>, string]>([
    [
      'by keys that were made for it',
      { encryptionKeys: { jwks: { keys: [archiveKey.privateJwk] } } },
      'archive-1',
    ],
    ['by keys of its own, which it rotates', {}, ''],
  ])('reads its tokens %s, and nobody else does [C61]', async (_how, options, kid) => {
    const published = new PublishedSet();
    const encryption = { jwksUri: await published.open() };
    const resources = [{ identifier: ARCHIVE, scope: ['invoices:read'], encryption }];
    const server = await startAuthorizationServer({ server: { resources } });
    const archive = await startInstance('fastify', {
      environment: 'development',
      audience: ARCHIVE,
      jwksUri: `${server.url}/oauth/jwks`,
      encryptedTokens: 'required',
      ...options,
    });
    published.keys = (await send(archive, '/.well-known/jwks.json')).body.keys as object[];
    const fields = { grantTypes: ['client_credentials' as const], redirectUris: [] };
    const shop = await registerClient(server, 'shop', fields);
    await registerClient(archive, 'shop', fields);

    const asked = { resource: ARCHIVE, scope: 'invoices:read' };
    const { body } = await clientCredentials(server, shop, asked);
    const token = body.access_token as string;
    expect(decodeProtectedHeader(token)).toMatchObject({
      alg: 'ECDH-ES',
      ...(kid !== '' && { kid }),
    });
    expect(await archive.probe({ token })).toBe(200);
    expect(await server.probe({ token })).toBe(401);
    await archive.app.close();
    await server.app.close();
    published.close();
  });
});
