import * as dpop from 'dpop';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import {
  authorizationRequest,
  Browser,
  grantRole,
  ISSUER,
  newVerifier,
  REDIRECT_URI,
  registerClient,
  startAuthorizationServer,
  type TestClient,
} from '../support/authorization-server.js';
import type { Instance } from '../support/instances.js';
import { adapters } from '../support/reference-api.js';

const PROBE = new URL('https://api.test/probe');
const SCOPE = 'invoices:read';

const settings = adapters.flatMap((adapter) =>
  [false, true].map((requireNonce) => ({ adapter, requireNonce })),
);

describe.each(settings)('Clients with DPoP, on $adapter, nonces: $requireNonce', (setting) => {
  let server: Instance;
  let job: TestClient;
  let phone: TestClient;
  let requests: number;

  beforeAll(async () => {
    const { adapter, requireNonce } = setting;
    server = await startAuthorizationServer({ adapter, sallyport: { dpop: { requireNonce } } });
    job = await registerClient(server, 'job', {
      grantTypes: ['client_credentials'],
      redirectUris: [],
      dpopBoundAccessTokens: true,
    });
    phone = await registerClient(server, 'phone', { type: 'public' });
    await grantRole(server, 'alice');
  });
  beforeEach(() => {
    requests = 0;
  });
  afterAll(() => server.app.close());

  /** Brings to the server what is meant for `https://api.test`. */
  const redirected = (target: string | URL, init: object): Promise<Response> => {
    requests += 1;
    const { pathname, search } = new URL(target);
    return fetch(`${server.url}${pathname}${search}`, init);
  };
  /** Whether asking for a nonce costs a second request. */
  const extra = (): number => (setting.requireNonce ? 1 : 0);

  it('openid-client gets a bound token and uses it, asking for nonces by itself [C57] [W13]', async () => {
    const config = new openid.Configuration(
      { issuer: ISSUER, token_endpoint: `${ISSUER}/token` },
      'job',
      job.secret ?? '',
    );
    config[openid.customFetch] = redirected;
    const handle = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES256'));
    const options = { DPoP: handle };
    const parameters = { scope: SCOPE };
    const token = await openid.clientCredentialsGrant(config, parameters, options);
    expect(token.token_type).toBe('dpop');
    for (let n = 0; n < 2; n += 1) {
      const answer = await openid.fetchProtectedResource(
        config,
        token.access_token,
        PROBE,
        'GET',
        undefined,
        undefined,
        options,
      );
      expect(answer.status).toBe(200);
    }
    // The nonce that the token endpoint gave is good for the API too.
    expect(requests).toBe(3 + extra());
    await expect(openid.clientCredentialsGrant(config, parameters)).rejects.toThrow();
  });

  it('oauth4webapi gets a bound token and uses it, told by the challenge when a nonce is wanted', async () => {
    const as: oauth.AuthorizationServer = { issuer: ISSUER, token_endpoint: `${ISSUER}/token` };
    const client: oauth.Client = { client_id: 'job' };
    const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('Ed25519'));
    const options = { DPoP, [oauth.customFetch]: redirected };
    const grant = async () =>
      oauth.processClientCredentialsResponse(
        as,
        client,
        await oauth.clientCredentialsGrantRequest(
          as,
          client,
          oauth.ClientSecretPost(job.secret ?? ''),
          { scope: SCOPE },
          options,
        ),
      );
    const { access_token: token } = await withNonce(grant);
    const use = (handle: oauth.DPoPHandle) =>
      oauth.protectedResourceRequest(token, 'GET', PROBE, undefined, null, {
        ...options,
        DPoP: handle,
      });
    expect((await use(DPoP)).status).toBe(200);
    const fresh = oauth.DPoP(client, await oauth.generateKeyPair('Ed25519'));
    await expect(use(fresh)).rejects.toMatchObject({
      code: 'OAUTH_WWW_AUTHENTICATE_CHALLENGE',
      cause: [{ scheme: 'dpop', parameters: { error: 'invalid_dpop_proof' } }],
    });
  });

  /** Where a code, or an answer, came back to the app. */
  const signIn = (verifier: string): Promise<URL> =>
    new Browser(server).visit(authorizationRequest(phone, verifier));

  it('openid-client redeems a code and refreshes, neither of which a question for a nonce spends [C57]', async () => {
    const server = { issuer: ISSUER, token_endpoint: `${ISSUER}/token` };
    const config = new openid.Configuration(server, 'phone', undefined, openid.None());
    config[openid.customFetch] = redirected;
    const keys = await openid.randomDPoPKeyPair('ES256');
    // Each without the nonce that another was told.
    const options = () => ({ DPoP: openid.getDPoPHandle(config, keys) });
    const verifier = newVerifier();
    const url = await signIn(verifier);
    const checks = { pkceCodeVerifier: verifier, expectedState: 'state-1' };
    const tokens = await openid.authorizationCodeGrant(config, url, checks, undefined, options());
    expect(requests).toBe(1 + extra());
    let { refresh_token: refreshToken = '' } = tokens;
    for (let n = 1; n <= 2; n += 1) {
      const fresh = await openid.refreshTokenGrant(config, refreshToken, undefined, options());
      expect(fresh.token_type).toBe('dpop');
      expect(requests).toBe((1 + n) * (1 + extra()));
      refreshToken = fresh.refresh_token ?? '';
    }
    const stranger = { DPoP: openid.getDPoPHandle(config, await openid.randomDPoPKeyPair()) };
    const stolen = openid.refreshTokenGrant(config, refreshToken, undefined, stranger);
    await expect(stolen).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  it('oauth4webapi redeems a code and refreshes, neither of which a question for a nonce spends', async () => {
    const as: oauth.AuthorizationServer = { issuer: ISSUER, token_endpoint: `${ISSUER}/token` };
    const client: oauth.Client = { client_id: 'phone' };
    const keys = await oauth.generateKeyPair('ES256');
    const verifier = newVerifier();
    const parameters = oauth.validateAuthResponse(as, client, await signIn(verifier), 'state-1');
    const DPoP = oauth.DPoP(client, keys);
    const options = { DPoP, [oauth.customFetch]: redirected };
    const none = oauth.None();
    const tokens = await withNonce(async () =>
      oauth.processAuthorizationCodeResponse(
        as,
        client,
        await oauth.authorizationCodeGrantRequest(
          as,
          client,
          none,
          parameters,
          REDIRECT_URI,
          verifier,
          options,
        ),
      ),
    );
    expect(requests).toBe(1 + extra());
    const refreshing = { ...options, DPoP: oauth.DPoP(client, keys) };
    const fresh = await withNonce(async () =>
      oauth.processRefreshTokenResponse(
        as,
        client,
        await oauth.refreshTokenGrantRequest(
          as,
          client,
          none,
          tokens.refresh_token ?? '',
          refreshing,
        ),
      ),
    );
    expect([fresh.token_type, requests]).toEqual(['dpop', 2 + 2 * extra()]);
  });

  /** Once more where a nonce is asked for, as the library's documentation says. */
  async function withNonce<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!oauth.isDPoPNonceError(error)) throw error;
      return work();
    }
  }

  it.each(['ES256', 'Ed25519', 'RS256', 'PS256'] as const)(
    'dpop makes proofs by %s that are accepted',
    async (algorithm) => {
      const keys = await dpop.generateKeyPair(algorithm);
      const ask = async (nonce?: string) =>
        redirected(`${ISSUER}/token`, {
          method: 'POST',
          headers: { dpop: await dpop.generateProof(keys, `${ISSUER}/token`, 'POST', nonce) },
          body: new URLSearchParams({
            grant_type: 'client_credentials',
            client_id: 'job',
            client_secret: job.secret ?? '',
          }),
        });
      const first = await ask();
      const nonce = first.headers.get('dpop-nonce') ?? undefined;
      expect(first.status).toBe(setting.requireNonce ? 400 : 200);
      const answer = first.status === 200 ? first : await ask(nonce);
      const { access_token: token } = (await answer.json()) as { access_token: string };
      const proof = await dpop.generateProof(keys, PROBE.href, 'GET', nonce, token);
      const headers = { authorization: `DPoP ${token}`, dpop: proof };
      expect((await redirected(PROBE, { headers })).status).toBe(200);
      expect((await redirected(PROBE, { headers })).status).toBe(401);
    },
  );
});
