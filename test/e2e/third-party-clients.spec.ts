import { exportJWK } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { AuthorizationCode, ClientCredentials } from 'simple-oauth2';
import { freePort } from '../../apps/reference-api/src/tools/free-port.js';
import {
  callbackOf,
  makeReader,
  personOf,
  READ,
  registerApp,
  secretOf,
} from '../support/other-clients.js';
import { startPassportApp, type SignedIn } from '../support/passport-app.js';
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
    await makeReader(api, 'alice');
  });
  beforeEach(() => {
    alice = personOf(api, 'alice');
  });
  afterAll(() => api.close());

  const readInvoices = async (token: string) => (await api.call('/v1/invoices', { token })).status;

  describe('openid-client', () => {
    const insecure = { execute: [openid.allowInsecureRequests] };
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
    const signIn = async (parameters: Readonly<Record<string, string>> = {}) => {
      const { checks, request } = await newLogin(parameters);
      const answer = await alice.follow(openid.buildAuthorizationUrl(shop, request));
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

    it('signs a user in, and believes the ID token and userinfo [C60] [C96] [C98]', async () => {
      const tokens = await signIn({ max_age: '300' });
      expect(alice.takeAsked()).toEqual(['login']);
      const sub = api.sub('alice');
      expect(tokens.claims()).toMatchObject({ iss: issuer.href, aud: 'shop', sub });
      expect(await openid.fetchUserInfo(shop, tokens.access_token, sub)).toMatchObject({
        sub,
        preferred_username: 'alice',
      });
      expect(await readInvoices(tokens.access_token)).toBe(200);
    });

    it('verifies the signature of the ID token too [C96]', async () => {
      const strict = await configure('shop', openid.None());
      openid.enableNonRepudiationChecks(strict);
      openid.enableNonRepudiationChecks(shop);
      await expect(signIn()).resolves.toHaveProperty('id_token');
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

    it('refuses an answer that names another issuer, or none [C98]', async () => {
      const { checks, request } = await newLogin();
      const answer = await alice.follow(openid.buildAuthorizationUrl(shop, request));
      expect(answer.searchParams.get('iss')).toBe(issuer.href);
      const forged = new URL(answer);
      forged.searchParams.set('iss', 'https://evil.test');
      const unsigned = new URL(answer);
      unsigned.searchParams.delete('iss');
      for (const url of [forged, unsigned]) {
        await expect(openid.authorizationCodeGrant(shop, url, checks)).rejects.toThrow(/issuer/);
      }
      await openid.authorizationCodeGrant(shop, answer, checks);
    });

    it('pushes its request under a signature; the user is asked once what it may do [C20]', async () => {
      const { jwks, key } = await clientKey();
      const ledger = { jwks, isThirdParty: true, requiresPushedRequests: true };
      await registerApp(api, 'ledger', ledger);
      const config = await configure('ledger', openid.PrivateKeyJwt(key));
      const redirect = { redirect_uri: callbackOf('ledger') };
      for (const asked of [['login', 'consent'], []]) {
        const { checks, request } = await newLogin(redirect);
        const url = await openid.buildAuthorizationUrlWithPAR(config, request).catch((e) => { console.log(e.cause, e); throw e; });
        expect([...url.searchParams.keys()].sort()).toEqual(['client_id', 'request_uri']);
        const answer = await alice.follow(url);
        expect(alice.takeAsked()).toEqual(asked);
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
      const [ours, theirs] = [
        openid.getDPoPHandle(shop, await openid.randomDPoPKeyPair('ES256')),
        openid.getDPoPHandle(shop, await openid.randomDPoPKeyPair('ES256')),
      ];
      const mobile = await configure('mobile-app', openid.None());
      const redirectUri = 'http://127.0.0.1/callback';
      const { checks, request } = await newLogin({ redirect_uri: redirectUri });
      const dpop_jkt = await ours.calculateThumbprint();
      const url = openid.buildAuthorizationUrl(mobile, { ...request, dpop_jkt });
      const answer = await alice.follow(url);
      const first = await openid.authorizationCodeGrant(mobile, answer, checks, undefined, {
        DPoP: ours,
      });
      expect(first.token_type).toBe('dpop');
      const refresh = (DPoP: openid.DPoPHandle) =>
        openid.refreshTokenGrant(mobile, first.refresh_token ?? '', undefined, { DPoP });
      await expect(refresh(theirs)).rejects.toMatchObject({ error: 'invalid_grant' });
      expect((await refresh(ours)).token_type).toBe('dpop');
    });

    it('signs the user out of the issuer, who is then asked again [C96]', async () => {
      const { id_token: idToken = '' } = await signIn();
      expect(alice.takeAsked()).toEqual(['login']);
      await signIn();
      expect(alice.takeAsked()).toEqual([]);
      const url = openid.buildEndSessionUrl(shop, {
        id_token_hint: idToken,
        post_logout_redirect_uri: 'https://shop.test/bye',
        state: 'left',
      });
      expect((await alice.follow(url)).href).toBe('https://shop.test/bye?state=left');
      expect(alice.takeAsked()).toEqual(['confirm']);
      await signIn();
      expect(alice.takeAsked()).toEqual(['login']);
    });
  });

  describe('oauth4webapi', () => {
    const insecure = { [oauth.allowInsecureRequests]: true };
    let server: oauth.AuthorizationServer;

    beforeAll(async () => {
      const options = { algorithm: 'oauth2' as const, ...insecure };
      const document = await oauth.discoveryRequest(issuer, options);
      server = await oauth.processDiscoveryResponse(issuer, document);
    });

    const requestOf = async (clientId: string, redirectUri: string, verifier: string) => ({
      client_id: clientId,
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: `openid ${READ}`,
      state: 'state-1',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    const authorizationUrl = (parameters: Record<string, string>) => {
      const url = new URL(server.authorization_endpoint ?? '');
      url.search = new URLSearchParams(parameters).toString();
      return url;
    };
    /** What a resource server that uses this library makes of an access token. */
    const validate = (token: string) => {
      const headers = { authorization: `Bearer ${token}` };
      const request = new Request(`${api.demo.api}/v1/invoices`, { headers });
      return oauth.validateJwtAccessToken(server, request, api.demo.api, insecure);
    };

    it('signs a user in on a device, by a loopback port of the day [C9] [C60] [C98]', async () => {
      const client = { client_id: 'mobile-app' };
      const redirectUri = 'http://127.0.0.1:53682/callback';
      const verifier = oauth.generateRandomCodeVerifier();
      const url = authorizationUrl(await requestOf('mobile-app', redirectUri, verifier));
      const answer = await alice.follow(url);
      const parameters = oauth.validateAuthResponse(server, client, answer, 'state-1');
      const response = await oauth.processAuthorizationCodeResponse(
        server,
        client,
        await oauth.authorizationCodeGrantRequest(
          server,
          client,
          oauth.None(),
          parameters,
          redirectUri,
          verifier,
          insecure,
        ),
        { requireIdToken: true },
      );
      const sub = api.sub('alice');
      expect(await validate(response.access_token)).toMatchObject({
        client_id: 'mobile-app',
        sub,
        scope: `openid ${READ}`,
      });
      const told = await oauth.userInfoRequest(server, client, response.access_token, insecure);
      expect(await oauth.processUserInfoResponse(server, client, sub, told)).toEqual({ sub });
      const refreshed = await oauth.processRefreshTokenResponse(
        server,
        client,
        await oauth.refreshTokenGrantRequest(
          server,
          client,
          oauth.None(),
          response.refresh_token ?? '',
          insecure,
        ),
      );
      expect(await readInvoices(refreshed.access_token)).toBe(200);
      const { refresh_token: last = '' } = refreshed;
      await oauth.processRevocationResponse(
        await oauth.revocationRequest(server, client, oauth.None(), last, insecure),
      );
      expect(await readInvoices(refreshed.access_token)).toBe(401);
    });

    it('pushes its request, signs itself in and proves its key', async () => {
      const { jwks, key } = await clientKey();
      await registerApp(api, 'partner-web', { jwks });
      const client = { client_id: 'partner-web' };
      const authentication = oauth.PrivateKeyJwt(key);
      const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
      const verifier = oauth.generateRandomCodeVerifier();
      const redirectUri = callbackOf('partner-web');
      const pushed = await oauth.processPushedAuthorizationResponse(
        server,
        client,
        await oauth.pushedAuthorizationRequest(
          server,
          client,
          authentication,
          await requestOf('partner-web', redirectUri, verifier),
          { DPoP, ...insecure },
        ),
      );
      const { request_uri } = pushed;
      const answer = await alice.follow(authorizationUrl({ ...client, request_uri }));
      const response = await oauth.processAuthorizationCodeResponse(
        server,
        client,
        await oauth.authorizationCodeGrantRequest(
          server,
          client,
          authentication,
          oauth.validateAuthResponse(server, client, answer, 'state-1'),
          redirectUri,
          verifier,
          { DPoP, ...insecure },
        ),
      );
      const { cnf } = await validate(response.access_token).catch(() => ({ cnf: undefined }));
      expect([response.token_type, cnf]).toEqual(['dpop', undefined]);
    });

    it('asks about a token of another client, as the resource server that it is for [C94]', async () => {
      const job = { client_id: 'nightly-job' };
      const { access_token: token } = await oauth.processClientCredentialsResponse(
        server,
        job,
        await oauth.clientCredentialsGrantRequest(
          server,
          job,
          oauth.ClientSecretPost(secretOf(api, 'nightly-job')),
          { resource: api.demo.api },
          insecure,
        ),
      );
      const gateway = { client_id: 'gateway' };
      const ask = async () =>
        oauth.processIntrospectionResponse(
          server,
          gateway,
          await oauth.introspectionRequest(
            server,
            gateway,
            oauth.ClientSecretBasic(secretOf(api, 'gateway')),
            token,
            insecure,
          ),
        );
      expect(await ask()).toMatchObject({
        active: true,
        aud: api.demo.api,
        client_id: 'nightly-job',
        sub: 'nightly-job',
        scope: 'invoices:read reports:read',
      });
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

  it('passport-oauth2 signs a user in, with state and S256 [C60] [C98]', async () => {
    const port = await freePort();
    const callback = `http://localhost:${String(port)}/callback`;
    const secret = await registerApp(api, 'club', { redirectUris: [callback] });
    const app = await startPassportApp(port, {
      authorizationURL: `${issuer.href}/authorize`,
      tokenURL: `${issuer.href}/token`,
      clientID: 'club',
      clientSecret: secret,
      scope: READ,
    });
    const started = await fetch(`${app.url}/login`, { redirect: 'manual' });
    const cookie = started.headers.get('set-cookie') ?? '';
    const answer = await alice.follow(new URL(started.headers.get('location') ?? ''));
    expect(answer.href.startsWith(callback)).toBe(true);
    const done = await fetch(answer, { headers: { cookie } });
    const { accessToken, refreshToken } = (await done.json()) as SignedIn;
    expect(await readInvoices(accessToken)).toBe(200);
    expect(refreshToken).not.toBe('');
    expect((await fetch(answer, { headers: { cookie: 'sid=another' } })).status).toBe(403);
    await app.close();
  });
});
