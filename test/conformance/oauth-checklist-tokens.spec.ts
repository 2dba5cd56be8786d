import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import {
  Browser,
  grantRole,
  ISSUER,
  post,
  redeem,
  registerClient,
  send,
  startAuthorizationServer,
  type HttpAnswer,
  type TestClient,
} from '../support/authorization-server.js';
import { ClientKey } from '../support/client-key.js';
import { ProofMaker } from '../support/dpop-proof.js';
import type { Instance } from '../support/instances.js';
import {
  claimsOf,
  clientCredentials,
  headerOf,
  introspect,
  revoke,
} from '../support/oauth-answers.js';
import { adapters } from '../support/reference-api.js';
import { secondsLater } from '../support/time-travel.js';
import { TEST_AUDIENCE } from '../support/tokens.js';

const LEDGER = 'https://ledger.test';
const ARCHIVE = 'https://archive.test';

describe.each(adapters)(
  'OAuth checklist, access tokens at the resource server, on %s',
  (adapter) => {
    let server: Instance;
    let shop: TestClient;
    let alice: Browser;

    beforeAll(async () => {
      server = await startAuthorizationServer({
        adapter,
        server: {
          resources: [
            { identifier: LEDGER, scope: ['invoices:read'] },
            { identifier: ARCHIVE, scope: ['invoices:read'], accessTokenFormat: 'opaque' },
          ],
        },
      });
      shop = await registerClient(server, 'shop', {
        grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
      });
      await grantRole(server, 'alice');
      alice = new Browser(server);
    });
    afterAll(() => server.app.close());

    const refused = async (token: string): Promise<void> => {
      const { status, headers } = await server.call('/probe', { token });
      expect(status).toBe(401);
      expect(headers.get('www-authenticate')).toContain('error="invalid_token"');
    };

    describe('RFC 9068, what the server writes', () => {
      it('RFC 9068 §2.1 §2.2 A user’s token says what this API needs, and nothing about the person [C3] [C84] [C94] [C108]', async () => {
        const began = Math.floor(Date.now() / 1000);
        const { access_token: token } = await alice.login(shop);
        expect(headerOf(token)).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: expect.any(String) });
        const { iat = 0, exp = 0, auth_time: authTime, ...claims } = claimsOf(token);
        expect(claims).toEqual({
          iss: ISSUER,
          aud: TEST_AUDIENCE,
          sub: 'alice',
          sub_type: 'user',
          client_id: 'shop',
          scope: 'invoices:read invoices:write',
          roles: ['editor', 'viewer'],
          jti: expect.stringMatching(/^[\w-]{20,}$/),
          sid: expect.stringMatching(/^[\w-]{20,}$/),
          gid: expect.stringMatching(/^[\w-]{20,}$/),
          amr: ['pwd'],
          uep: expect.any(Number),
          cep: expect.any(Number),
          rv: expect.any(Number),
        });
        expect(exp - iat).toBe(600);
        expect(iat).toBeGreaterThanOrEqual(began);
        expect(authTime).toBeLessThanOrEqual(iat);
      });

      it('RFC 9068 §2.2 A client’s own token is of nobody: sub is the client, and there is no user in it [C94]', async () => {
        const { access_token: token } = (await clientCredentials(server, shop)).body;
        const { iat = 0, exp = 0, ...claims } = claimsOf(token);
        expect(claims).toEqual({
          iss: ISSUER,
          aud: TEST_AUDIENCE,
          sub: 'shop',
          client_id: 'shop',
          scope: 'invoices:read invoices:write',
          jti: expect.any(String),
          cep: expect.any(Number),
        });
        expect(exp - iat).toBe(600);
        expect((await server.call('/probe', { token })).body).toMatchObject({
          client: 'shop',
          user: null,
        });
      });

      it('RFC 9068 §2.2 No two tokens have one jti, and one session has one sid and gid', async () => {
        const { body: first } = await redeem(server, shop, await alice.authorize(shop));
        const fields = { grant_type: 'refresh_token', refresh_token: first.refresh_token };
        const { body: second } = await post(server, 'token', shop, fields);
        const elsewhere = await new Browser(server).login(shop);
        const [a, b, c] = [first, second, elsewhere].map((body) => claimsOf(body.access_token));
        expect(new Set([a?.jti, b?.jti, c?.jti]).size).toBe(3);
        expect([b?.sid, b?.gid]).toEqual([a?.sid, a?.gid]);
        expect(c?.sid).not.toBe(a?.sid);
        expect(c?.gid).not.toBe(a?.gid);
      });

      it('RFC 9068 §4 Anyone verifies it with the published keys', async () => {
        const { access_token: token } = await alice.login(shop);
        const { body } = await send(server, '/oauth/jwks');
        const expected = { issuer: ISSUER, audience: TEST_AUDIENCE, typ: 'at+jwt' };
        const keys = createLocalJWKSet(body as JSONWebKeySet);
        expect((await jwtVerify(token, keys, expected)).payload.sub).toBe('alice');
      });
    });

    it('30. aud must name this API: a token for another resource server is a 401 [C94]', async () => {
      for (const resource of [LEDGER, ARCHIVE]) {
        const asked = { resource, scope: 'invoices:read' };
        await refused((await alice.login(shop, asked)).access_token);
        await refused((await clientCredentials(server, shop, asked)).body.access_token);
      }
    });

    it('31. An ID token, a DPoP proof, a client assertion, a code or a refresh token used as access token is a 401 [C102]', async () => {
      const key = await ClientKey.create();
      await registerClient(server, 'bank', { jwks: key.jwks });
      const scope = 'openid invoices:read';
      const authorization = await alice.authorize(shop, { scope });
      const { body } = await redeem(server, shop, authorization);
      expect(await server.probe({ token: body.access_token })).toBe(200);
      await refused(body.id_token);
      await refused(body.refresh_token);
      await refused(authorization.code);
      await refused(await (await ProofMaker.create()).proof());
      await refused(await key.assertion('bank'));
      await refused(await key.assertion('bank', { aud: TEST_AUDIENCE }, { typ: 'at+jwt' }));
    });

    it('32. A token in the query string is refused, also beside one in the header', async () => {
      const { access_token: token } = await alice.login(shop);
      expect((await server.call(`/probe?access_token=${token}`)).status).toBe(400);
      expect((await server.call(`/probe?access_token=${token}`, { token })).status).toBe(400);
      expect((await server.call(`/oauth/userinfo?access_token=${token}`, { token })).status).toBe(
        400,
      );
    });

    it('32. A token in the body is refused, also beside one in the header', async () => {
      const { access_token: token } = await alice.login(shop, { scope: 'openid' });
      const inBody = (authorization: string | null): Promise<HttpAnswer> =>
        send(server, '/oauth/userinfo', {
          method: 'POST',
          body: new URLSearchParams({ access_token: token }),
          headers: authorization === null ? {} : { authorization },
        });
      expect((await inBody(null)).status).toBe(400);
      expect((await inBody(`Bearer ${token as string}`)).status).toBe(400);
    });

    it('33. A missing scope is a 403 that says which, and a missing token a 401 without error code', async () => {
      const { access_token: token } = (
        await clientCredentials(server, shop, { scope: 'invoices:write' })
      ).body;
      const without = await server.call('/probe', { token });
      expect(without.status).toBe(403);
      expect(without.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
      expect(without.headers.get('www-authenticate')).toContain('scope="invoices:read"');
      const nobody = await server.call('/probe');
      expect(nobody.status).toBe(401);
      expect(nobody.headers.get('www-authenticate')).toContain('Bearer');
      expect(nobody.headers.get('www-authenticate')).not.toContain('error=');
    });

    it('34. Introspection needs the caller’s authentication, and tells resource server B nothing of A’s', async () => {
      const asks = { grantTypes: [], redirectUris: [] };
      const ofApi = await registerClient(server, 'gateway', {
        ...asks,
        resources: [TEST_AUDIENCE],
      });
      const ofLedger = await registerClient(server, 'ledger', { ...asks, resources: [LEDGER] });
      const { access_token: token } = await alice.login(shop);
      const nobody = await post(server, 'introspect', null, { token });
      expect(nobody.status).toBe(400);
      const guess = { clientId: 'gateway', secret: 'x'.repeat(43) };
      expect((await post(server, 'introspect', guess, { token })).status).toBe(401);
      expect((await introspect(server, ofApi, token)).active).toBe(true);
      expect(await introspect(server, ofLedger, token)).toEqual({ active: false });
    });

    it('34. Unknown, expired and foreign tokens are exactly {"active":false}', async () => {
      const other = await registerClient(server, 'other');
      const { access_token: token } = await alice.login(shop);
      const texts = await Promise.all([
        post(server, 'introspect', shop, { token: 'x'.repeat(43) }),
        post(server, 'introspect', other, { token }),
        secondsLater(660, () => post(server, 'introspect', shop, { token })),
      ]);
      for (const { status, text } of texts)
        expect([status, text]).toEqual([200, '{"active":false}']);
    });

    it('35. A revoked token is refused by the next request', async () => {
      const { access_token: token } = await alice.login(shop);
      expect(await server.probe({ token })).toBe(200);
      await revoke(server, shop, token);
      await refused(token);
    });

    it('A token that has expired is refused, clock skew aside', async () => {
      const { access_token: token } = await alice.login(shop);
      await secondsLater(620, async () => {
        expect(await server.probe({ token })).toBe(200);
      });
      await secondsLater(640, () => refused(token));
    });
  },
);
