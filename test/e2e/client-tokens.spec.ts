import {
  createClient,
  MemoryTokenStorage,
  redeemCode,
  SystemTime,
  type AsymmetricAlgorithm,
  type ClientOptions,
  type CryptoKeyPair,
  type Fetch,
  type TokenClient,
} from '@sallyport/client';
import type { JWK } from 'jose';
import {
  Browser,
  grantRole,
  ISSUER,
  registerClient,
  startAuthorizationServer,
  type TestClient,
} from '../support/authorization-server.js';
import type { Instance } from '../support/instances.js';
import { adapters } from '../support/reference-api.js';

const ORIGIN = 'https://api.test';
const tokenEndpoint = `${ISSUER}/token`;
const HOUR_MS = 3_600_000;

/** Of a device whose clock is an hour slow. */
class SlowTime extends SystemTime {
  override now(): number {
    return super.now() - HOUR_MS;
  }
}

const GENERATED = {
  ed25519: 'Ed25519',
  'ecdsa-p256-sha256': { name: 'ECDSA', namedCurve: 'P-256' },
} as const;

/** A key of a client that cannot be read, and what is registered of it. */
async function newKey(algorithm: AsymmetricAlgorithm) {
  const kid = algorithm;
  const generated = await crypto.subtle.generateKey(GENERATED[algorithm], false, [
    'sign',
    'verify',
  ]);
  const { publicKey, privateKey } = generated as CryptoKeyPair;
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', publicKey);
  const jwk = Object.fromEntries(Object.entries({ kty, crv, x, y }).filter(([, value]) => value));
  return { kid, algorithm, key: privateKey, jwks: { keys: [{ ...jwk, kid } as JWK] } };
}

const settings = adapters.flatMap((adapter) =>
  [false, true].map((requireNonce) => ({ adapter, requireNonce })),
);

describe.each(settings)('@sallyport/client on $adapter, nonces: $requireNonce', (setting) => {
  let server: Instance;
  let sent: string[];
  beforeAll(async () => {
    const { adapter, requireNonce } = setting;
    server = await startAuthorizationServer({ adapter, sallyport: { dpop: { requireNonce } } });
    await grantRole(server, 'alice');
  });
  beforeEach(() => {
    sent = [];
  });
  afterAll(() => server.app.close());

  /** Brings to the server what is meant for `https://api.test`. */
  const bring: Fetch = async ({ pathname, search }, init) => {
    const response = await fetch(`${server.url}${pathname}${search}`, init);
    sent.push(`${pathname} ${String(response.status)}`);
    return response;
  };
  const client = (options: Omit<ClientOptions, 'origin' | 'fetch'>) =>
    createClient({ origin: ORIGIN, fetch: bring, ...options });
  const ifNonces = (line: string) => (setting.requireNonce ? [line] : []);

  it('gets tokens of its own, answers the challenge once, and keeps the nonce for the API [W13]', async () => {
    const { clientId, secret } = await registerClient(server, 'job', {
      grantTypes: ['client_credentials'],
      redirectUris: [],
      dpopBoundAccessTokens: true,
    });
    const clientCredentials = { tokenEndpoint, clientId, clientSecret: secret ?? '' };
    const api = client({ token: { clientCredentials } });
    const answers = await Promise.all([api.fetch('/probe'), api.fetch('/probe')]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(sent).toEqual([
      ...ifNonces('/oauth/token 400'),
      '/oauth/token 200',
      '/probe 200',
      '/probe 200',
    ]);
  });

  const redeemed = async (registered: TestClient, by: TokenClient, runtime = {}) => {
    const { code, verifier, redirectUri } = await new Browser(server).authorize(registered);
    const grant = { code, codeVerifier: verifier, redirectUri };
    return redeemCode(by, grant, { fetch: bring, ...runtime });
  };

  /** A login, and after it a request whose tokens have to be refreshed first. */
  async function loggedInAndRefreshed(registered: TestClient, by: TokenClient): Promise<void> {
    const first = await redeemed(registered, by);
    const storage = new MemoryTokenStorage({ ...first, expiresAt: 1 });
    const api = client({ token: { storage, refresh: by } });
    sent = [];
    const answers = await Promise.all([1, 2, 3].map(() => api.fetch('/probe')));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(sent.filter((line) => line === '/oauth/token 200')).toHaveLength(1);
    const second = await storage.read();
    expect(second?.accessToken).not.toBe(first.accessToken);
    expect(second?.refreshToken).not.toBe(first.refreshToken);
    const headers = { authorization: `Bearer ${second?.accessToken ?? ''}` };
    expect((await bring(new URL('/probe', ORIGIN), { headers })).status).toBe(401);
  }

  it('logs in and refreshes as a public client', async () => {
    const registered = await registerClient(server, 'phone', { type: 'public' });
    await loggedInAndRefreshed(registered, { tokenEndpoint, clientId: 'phone' });
  });

  it('logs in and refreshes with a client secret', async () => {
    const registered = await registerClient(server, 'office');
    const clientSecret = registered.secret ?? '';
    await loggedInAndRefreshed(registered, { tokenEndpoint, clientId: 'office', clientSecret });
  });

  it.each(['ed25519', 'ecdsa-p256-sha256'] as const)(
    'logs in, refreshes and signs with a registered key: %s [C103]',
    async (algorithm) => {
      const { jwks, ...key } = await newKey(algorithm);
      const clientId = `office-${algorithm}`;
      const registered = await registerClient(server, clientId, { jwks });
      const clientKey = { ...key, issuer: ISSUER };
      await loggedInAndRefreshed(registered, { tokenEndpoint, clientId, clientKey });

      const post = { method: 'POST', body: '{"a":1}' };
      const json = { headers: { 'content-type': 'application/json' } };
      const signed = (keyId: string) =>
        client({ signature: { ...key, keyId } }).fetch('/probe/signed', { ...post, ...json });
      const answer = await signed(`${clientId}/${key.kid}`);
      expect([answer.status, await answer.json()]).toMatchObject([201, { client: clientId }]);
      expect((await signed(`${clientId}/other`)).status).toBe(401);
      expect((await signed(`phone/${key.kid}`)).status).toBe(401);
    },
  );

  it('is refused without the secret, and keeps the tokens for a better try', async () => {
    const registered = await registerClient(server, 'careless');
    const by = { tokenEndpoint, clientId: 'careless', clientSecret: registered.secret ?? '' };
    const first = await redeemed(registered, by);
    const storage = new MemoryTokenStorage({ ...first, expiresAt: 1 });
    const refresh = { ...by, clientSecret: 'wrong' };
    const call = client({ token: { storage, refresh } }).fetch('/probe');
    await expect(call).rejects.toMatchObject({ status: 401, code: 'invalid_client' });
    expect((await client({ token: { storage, refresh: by } }).fetch('/probe')).status).toBe(200);
  });

  it('asks for a nonce at the API once, where it begins there', async () => {
    const registered = await registerClient(server, 'browser', { type: 'public' });
    const tokens = await redeemed(registered, { tokenEndpoint, clientId: 'browser' });
    const api = client({ token: { storage: new MemoryTokenStorage(tokens) } });
    sent = [];
    const statuses = [(await api.fetch('/probe')).status, (await api.fetch('/probe')).status];
    expect(statuses).toEqual([200, 200]);
    expect(sent).toEqual([...ifNonces('/probe 401'), '/probe 200', '/probe 200']);
  });

  it('works on a device whose clock is an hour slow', async () => {
    const { jwks, ...key } = await newKey('ed25519');
    const registered = await registerClient(server, 'slow', { jwks });
    const clientKey = { ...key, issuer: ISSUER };
    const by = { tokenEndpoint, clientId: 'slow', clientKey };
    const time = new SlowTime();
    const tokens = await redeemed(registered, by, { time });
    expect(tokens.expiresAt).toBeLessThan(Date.now());
    const token = { storage: new MemoryTokenStorage(tokens), refresh: by };
    const signature = { ...key, keyId: `slow/${key.kid}` };
    sent = [];
    const api = client({ token, time });
    const signing = client({ signature, time });
    expect((await api.fetch('/probe')).status).toBe(200);
    const init = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } };
    expect((await signing.fetch('/probe/signed', init)).status).toBe(201);
    expect((await signing.fetch('/probe/signed', init)).status).toBe(201);
    const refusals = sent.filter((line) => line.endsWith('401'));
    expect(refusals).toEqual(['/probe 401', '/probe/signed 401']);
  });
});
