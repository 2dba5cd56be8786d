import { exportJWK } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { AuthorizationCode, ClientCredentials } from 'simple-oauth2';
import { freePort } from '../../tools/stores/free-port.mjs';
import {
  callbackOf,
  makeReader,
  personOf,
  READ,
  registerApp,
  secretOf,
} from '../support/other-clients.js';
import { INSECURE, WebApiClient } from '../support/oauth4webapi-client.js';
import { startPassportApp, type PassportApp, type SignedIn } from '../support/passport-app.js';
import type { Person } from '../support/person.js';
import { matrix, startReferenceApi, type RunningApi } from '../support/reference-api.js';

/** A client's key pair, with the public half as it is registered. */
async function clientKey() {
  const kid = 'key-1';
  const { publicKey, privateKey } = await oauth.generateKeyPair('ES256');
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' }] };
  return { jwks, key: { key: privateKey, kid } };
}

describe.each(matrix)('Clients that others wrote, $name', ({ adapter, stores }) => {
  let api: RunningApi;
  let issuer: URL;
  let alice: Person;

  beforeAll(async () => {
    api = await startReferenceApi(adapter, stores);
    issuer = new URL(api.demo.issuer);
    for (const { username } of api.demo.users) await makeReader(api, username);
    alice = personOf(api, 'alice');
  });
  afterAll(() => api.close());

  const readInvoices = async (token: string) => (await api.call('/v1/invoices', { token })).status;

  describe('openid-client', () => {
    const insecure = { execute: [openid.allowInsecureRequests] }; // eslint-disable-line @typescript-eslint/no-deprecated -- the demo's issuer is on plain http, and this is the way to say so
    const configure = (clientId: string, authentication: openid.ClientAuth) =>
      openid.discovery(issuer, clientId, undefined, authentication, insecure);
    let shop: openid.Configuration;

    beforeAll(async () => {
      const secret = await registerApp(api, 'shop', {
        postLogoutRedirectUris: ['https://shop.test/bye'],
      });
      shop = await configure('shop', openid.ClientSecretBasic(secret));
    });

    /** What an app keeps between its request and the answer. */
    const newLogin = async (parameters: Readonly<Record<string, string>> = {}) => {
      const checks = {
        pkceCodeVerifier: openid.randomPKCECodeVerifier(),
        expectedState: openid.randomState(),
        expectedNonce: openid.randomNonce(),
      };
      const request = {
        redirect_uri: callbackOf('shop'),
        scope: `openid profile ${READ}`,
        state: checks.expectedState,
        nonce: checks.expectedNonce,
        code_challenge: await openid.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
        code_challenge_method: 'S256',
        ...parameters,
      };
      return { checks, request };
    };
    const signIn = async (parameters: Readonly<Record<string, string>> = {}, person = alice) => {
      const { checks, request } = await newLogin(parameters);
      const answer = await person.follow(openid.buildAuthorizationUrl(shop, request));
      return openid.authorizationCodeGrant(shop, answer, checks);
    };

    it('reads the same from both metadata documents [C9]', async () => {
      const byOAuth = await openid.discovery(issuer, 'shop', undefined, openid.None(), {
        ...insecure,
        algorithm: 'oauth2',
      });
      expect(byOAuth.serverMetadata()).toEqual(shop.serverMetadata());
      expect(shop.serverMetadata().supportsPKCE()).toBe(true);
    });

    it('signs a user in, and believes the signed ID token and userinfo [C60] [C96] [C98]', async () => {
      const bob = personOf(api, 'bob');
      openid.enableNonRepudiationChecks(shop);
      const tokens = await signIn({}, bob);
      expect(bob.takeAsked()).toEqual(['login']);
      const sub = api.sub('bob');
      expect(tokens.claims()).toMatchObject({ iss: issuer.href, aud: 'shop', sub });
      expect(await openid.fetchUserInfo(shop, tokens.access_token, sub)).toMatchObject({
        sub,
        preferred_username: 'bob',
      });
      expect(await readInvoices(tokens.access_token)).toBe(200);
    });

    it('refreshes, asks about its tokens, and ends them [C94]', async () => {
      const first = await signIn();
      const second = await openid.refreshTokenGrant(shop, first.refresh_token ?? '');
      expect(second.refresh_token).not.toBe(first.refresh_token);
      expect(second.claims()?.sub).toBe(api.sub('alice'));
      expect(await readInvoices(second.access_token)).toBe(200);
      const told = await openid.tokenIntrospection(shop, second.access_token);
      expect(told).toMatchObject({ active: true, client_id: 'shop', sub: api.sub('alice') });
      await openid.tokenRevocation(shop, second.access_token);
      await openid.tokenRevocation(shop, second.refresh_token ?? '');
      for (const token of [second.access_token, second.refresh_token ?? '']) {
        expect(await openid.tokenIntrospection(shop, token)).toEqual({ active: false });
      }
      expect(await readInvoices(second.access_token)).toBe(401);
    });

    it.each(['https://evil.test', null])(
      'refuses an answer whose issuer is %j [C98]',
      async (name) => {
        const { checks, request } = await newLogin();
        const answer = await alice.follow(openid.buildAuthorizationUrl(shop, request));
        expect(answer.searchParams.get('iss')).toBe(issuer.href);
        const forged = new URL(answer);
        if (name === null) forged.searchParams.delete('iss');
        else forged.searchParams.set('iss', name);
        await expect(openid.authorizationCodeGrant(shop, forged, checks)).rejects.toMatchObject({
          code: 'OAUTH_INVALID_RESPONSE',
          cause: { message: expect.stringContaining('"iss"') as string },
        });
        await openid.authorizationCodeGrant(shop, answer, checks);
      },
    );

    it('pushes its request under a signature; the user is asked once what it may do [C20]', async () => {
      const bob = personOf(api, 'bob');
      const { jwks, key } = await clientKey();
      const ledger = { jwks, isThirdParty: true, requiresPushedRequests: true };
      await registerApp(api, 'ledger', ledger);
      const config = await configure('ledger', openid.PrivateKeyJwt(key));
      for (const asked of [['login', 'consent'], []]) {
        const { checks, request } = await newLogin({ redirect_uri: callbackOf('ledger') });
        const url = await openid.buildAuthorizationUrlWithPAR(config, request);
        expect([...url.searchParams.keys()].sort()).toEqual(['client_id', 'request_uri']);
        const answer = await bob.follow(url);
        expect(bob.takeAsked()).toEqual(asked);
        const { access_token: token } = await openid.authorizationCodeGrant(config, answer, checks);
        expect(await readInvoices(token)).toBe(200);
      }
    });

    it('names the resource that a token is for [C94]', async () => {
      const resource = api.demo.api;
      const own = await openid.clientCredentialsGrant(shop, { scope: READ, resource });
      expect(own.refresh_token).toBeUndefined();
      expect(await readInvoices(own.access_token)).toBe(200);
      const ofUser = await signIn({ resource });
      expect(await readInvoices(ofUser.access_token)).toBe(200);
      await expect(
        openid.clientCredentialsGrant(shop, { scope: READ, resource: 'https://other.test' }),
      ).rejects.toMatchObject({ error: 'invalid_target' });
    });

    it('binds tokens to its key, also when it refreshes', async () => {
      const mobile = await configure('mobile-app', openid.None());
      const newProof = async () =>
        openid.getDPoPHandle(mobile, await openid.randomDPoPKeyPair('ES256'));
      const [ours, theirs] = [await newProof(), await newProof()];
      const { checks, request } = await newLogin({
        redirect_uri: 'http://127.0.0.1/callback',
        dpop_jkt: await ours.calculateThumbprint(),
      });
      const answer = await alice.follow(openid.buildAuthorizationUrl(mobile, request));
      const first = await openid.authorizationCodeGrant(mobile, answer, checks, undefined, {
        DPoP: ours,
      });
      expect(first.token_type).toBe('dpop');
      const refresh = (DPoP: openid.DPoPHandle) =>
        openid.refreshTokenGrant(mobile, first.refresh_token ?? '', undefined, { DPoP });
      await expect(refresh(theirs)).rejects.toMatchObject({ error: 'invalid_grant' });
      const second = await refresh(ours);
      expect(second.token_type).toBe('dpop');
      const { access_token: token } = second;
      const url = new URL(`${api.demo.api}/v1/invoices?pageSize=1`);
      const read = (DPoP: openid.DPoPHandle) =>
        openid.fetchProtectedResource(mobile, token, url, 'GET', undefined, undefined, { DPoP });
      expect((await read(ours)).status).toBe(200);
      await expect(read(theirs)).rejects.toMatchObject({ status: 401 });
      expect(await readInvoices(token)).toBe(401);
      const sub = api.sub('alice');
      expect(await openid.fetchUserInfo(mobile, token, sub, { DPoP: ours })).toMatchObject({
        sub,
      });
    });

    it('signs the user out of the issuer, who is then asked again [C96]', async () => {
      const carol = personOf(api, 'carol');
      const { id_token: idToken = '' } = await signIn({}, carol);
      expect(carol.takeAsked()).toEqual(['login']);
      await signIn({}, carol);
      expect(carol.takeAsked()).toEqual([]);
      const url = openid.buildEndSessionUrl(shop, {
        id_token_hint: idToken,
        post_logout_redirect_uri: 'https://shop.test/bye',
        state: 'left',
      });
      expect((await carol.follow(url)).href).toBe('https://shop.test/bye?state=left');
      expect(carol.takeAsked()).toEqual(['confirm']);
      await signIn({}, carol);
      expect(carol.takeAsked()).toEqual(['login']);
    });
  });

  describe('oauth4webapi', () => {
    let server: oauth.AuthorizationServer;

    beforeAll(async () => {
      const options = { algorithm: 'oauth2' as const, ...INSECURE };
      const document = await oauth.discoveryRequest(issuer, options);
      server = await oauth.processDiscoveryResponse(issuer, document);
    });

    /** What a resource server that uses this library makes of a request. */
    const validate = (
      headers: Record<string, string>,
      options: oauth.ValidateJWTAccessTokenOptions = {},
    ) =>
      oauth.validateJwtAccessToken(
        server,
        new Request(`${api.demo.api}/v1/invoices`, { headers }),
        api.demo.api,
        { ...INSECURE, ...options },
      );

    it('signs a user in on a device, by a loopback port of the day [C9] [C60] [C98]', async () => {
      const redirectUri = 'http://127.0.0.1:53682/callback';
      const mobile = new WebApiClient(server, 'mobile-app', redirectUri, oauth.None());
      const request = await mobile.authorizationRequest(`openid ${READ}`);
      const tokens = await mobile.redeem(await alice.follow(mobile.authorizationUrl(request)));
      const sub = api.sub('alice');
      expect(oauth.getValidatedIdTokenClaims(tokens)).toMatchObject({ aud: 'mobile-app', sub });
      expect(await validate({ authorization: `Bearer ${tokens.access_token}` })).toMatchObject({
        client_id: 'mobile-app',
        sub,
        scope: `openid ${READ}`,
      });
      expect(await mobile.userInfo(tokens.access_token, sub)).toEqual({ sub });
      const { access_token: token, refresh_token: last = '' } = await mobile.refresh(
        tokens.refresh_token ?? '',
      );
      expect(await readInvoices(token)).toBe(200);
      await mobile.revoke(last);
      expect(await readInvoices(token)).toBe(401);
    });

    it('pushes its request, signs itself in, and proves the key of its tokens', async () => {
      const { jwks, key } = await clientKey();
      await registerApp(api, 'partner-web', { jwks });
      const proof = oauth.DPoP({}, await oauth.generateKeyPair('ES256'));
      const partner = new WebApiClient(
        server,
        'partner-web',
        callbackOf('partner-web'),
        oauth.PrivateKeyJwt(key),
        proof,
      );
      const { request_uri } = await partner.push(await partner.authorizationRequest(READ));
      const url = partner.authorizationUrl({ client_id: 'partner-web', request_uri });
      const tokens = await partner.redeem(await alice.follow(url));
      expect(tokens.token_type).toBe('dpop');
      const request = await requestWithProof(tokens.access_token, proof);
      expect(await validate(request, { requireDPoP: true })).toMatchObject({
        client_id: 'partner-web',
        cnf: { jkt: await proof.calculateThumbprint() },
      });
      expect(await readInvoices(tokens.access_token)).toBe(401);
      const headers = await requestWithProof(tokens.access_token, proof);
      expect((await fetch(`${api.demo.api}/v1/invoices`, { headers })).status).toBe(200);
    });

    /** Headers of a request to the API, by this library. */
    const requestWithProof = async (token: string, DPoP: oauth.DPoPHandle) => {
      let sent: Record<string, string> = {};
      const url = new URL(`${api.demo.api}/v1/invoices`);
      await oauth.protectedResourceRequest(token, 'GET', url, undefined, null, {
        ...INSECURE,
        DPoP,
        [oauth.customFetch]: (_url, { headers }) => {
          sent = headers;
          return Promise.resolve(new Response());
        },
      });
      return sent;
    };

    it('asks about a token of another app, as the resource server that it is for [C94]', async () => {
      const authentication = oauth.ClientSecretPost(secretOf(api, 'nightly-job'));
      const job = new WebApiClient(server, 'nightly-job', '', authentication);
      const gatewaySecret = oauth.ClientSecretBasic(secretOf(api, 'gateway'));
      const gateway = new WebApiClient(server, 'gateway', '', gatewaySecret);
      const { access_token: token } = await job.clientCredentials({ resource: api.demo.api });
      expect(await gateway.introspect(token)).toMatchObject({
        active: true,
        aud: api.demo.api,
        client_id: 'nightly-job',
        sub: 'nightly-job',
        scope: 'invoices:read reports:read',
      });
      await job.revoke(token);
      expect(await gateway.introspect(token)).toEqual({ active: false });
    });
  });

  describe('simple-oauth2', () => {
    const configure = (id: string, secret: string) => ({
      client: { id, secret },
      auth: { tokenHost: issuer.origin },
    });

    it('gets a token of its own', async () => {
      const client = new ClientCredentials(configure('nightly-job', secretOf(api, 'nightly-job')));
      const { token } = await client.getToken({ scope: READ });
      expect(await readInvoices(String(token.access_token))).toBe(200);
    });

    it('signs a user in, refreshes and revokes', async () => {
      const client = new AuthorizationCode(configure('kiosk', await registerApp(api, 'kiosk')));
      const verifier = oauth.generateRandomCodeVerifier();
      // The library knows no PKCE, but passes on what it is given.
      const request = {
        redirect_uri: callbackOf('kiosk'),
        scope: READ,
        state: 'state-1',
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      };
      const answer = await alice.follow(new URL(client.authorizeURL(request)));
      const redemption = {
        code: answer.searchParams.get('code') ?? '',
        redirect_uri: callbackOf('kiosk'),
        code_verifier: verifier,
      };
      const first = await client.getToken(redemption);
      expect(first.expired()).toBe(false);
      const second = await first.refresh({ scope: READ });
      expect(await readInvoices(String(second.token.access_token))).toBe(200);
      await second.revokeAll();
      expect(await readInvoices(String(second.token.access_token))).toBe(401);
      await expect(second.refresh()).rejects.toMatchObject({
        data: { payload: { error: 'invalid_grant' } },
      });
    });
  });

  describe('passport-oauth2', () => {
    let app: PassportApp;
    afterEach(() => app.close());

    it('signs a user in, with state and S256 [C60] [C98]', async () => {
      const port = await freePort();
      const callback = `http://localhost:${String(port)}/callback`;
      app = await startPassportApp(port, {
        authorizationURL: `${issuer.href}/authorize`,
        tokenURL: `${issuer.href}/token`,
        clientID: 'club',
        clientSecret: await registerApp(api, 'club', { redirectUris: [callback] }),
        scope: READ,
      });
      const started = await fetch(`${app.url}/login`, { redirect: 'manual' });
      const cookie = started.headers.get('set-cookie') ?? '';
      const request = new URL(started.headers.get('location') ?? '');
      expect(request.searchParams.get('code_challenge_method')).toBe('S256');
      const answer = await alice.follow(request);
      expect(answer.href.startsWith(callback)).toBe(true);
      const planted = await fetch(answer, { headers: { cookie: 'sid=another' } });
      expect(planted.status).toBe(401);
      const done = await fetch(answer, { headers: { cookie } });
      const { accessToken, refreshToken } = (await done.json()) as SignedIn;
      expect(await readInvoices(accessToken)).toBe(200);
      expect(refreshToken).not.toBe('');
    });
  });
});
