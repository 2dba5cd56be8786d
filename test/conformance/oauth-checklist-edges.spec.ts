import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ClientService } from '@sallyport/nest';
import { ask } from '../support/authorization-answers.js';
import {
  authorizationRequest,
  form,
  ISSUER,
  newVerifier,
  post,
  readQuestion,
  registerClient,
  startAuthorizationServer,
  type TestClient,
} from '../support/authorization-server.js';
import { ASSERTION_TYPE, newClientKey } from '../support/client-assertions.js';
import { seeder, type Instance } from '../support/instances.js';
import { rawRequest } from '../support/raw-request.js';
import { adapters } from '../support/reference-api.js';

const METADATA = '/oauth/.well-known/openid-configuration';

describe.each(adapters)(
  'OAuth checklist, the edges of the authorization server, on %s',
  (adapter) => {
    let server: Instance;
    let shop: TestClient;

    beforeAll(async () => {
      server = await startAuthorizationServer({ adapter });
      shop = await registerClient(server);
    });
    afterAll(() => server.app.close());

    describe('45. What a client could make us fetch', () => {
      let listener: Server;
      let url: string;
      let visits: number;

      beforeAll(async () => {
        listener = createServer((_request, response) => {
          visits += 1;
          response.end('{}');
        }).listen(0, '127.0.0.1');
        await once(listener, 'listening');
        url = `http://127.0.0.1:${String((listener.address() as AddressInfo).port)}/document`;
        visits = 0;
      });
      afterAll(() => listener.close());

      it('45. cannot be registered', async () => {
        const smuggled = {
          jwks_uri: url,
          logoUri: url,
          logo_uri: url,
          sectorIdentifierUri: url,
          sector_identifier_uri: url,
          requestUris: [url],
          request_uris: [url],
          backchannelLogoutUri: url,
          backchannel_logout_uri: url,
        };
        const fields = { name: 'Smuggler', ...smuggled };
        await registerClient(server, 'smuggler', fields);
        const clients = server.get(ClientService);
        expect(JSON.stringify(await clients.get('smuggler'))).not.toContain(url);
        await clients.update('smuggler', fields, seeder);
        expect(JSON.stringify(await clients.get('smuggler'))).not.toContain(url);
        expect(visits).toBe(0);
      });

      it('45. are keys that sign requests: no assertion at the token endpoint makes us fetch them', async () => {
        await registerClient(server, 'signer', { jwksUri: url });
        const key = await newClientKey();
        const answer = await post(server, 'token', null, {
          grant_type: 'client_credentials',
          client_assertion_type: ASSERTION_TYPE,
          client_assertion: await key.assertion('signer'),
        });
        expect(answer.status).toBe(401);
        expect(visits).toBe(0);
      });

      it('45. cannot be named in a request', async () => {
        const request = authorizationRequest(shop, newVerifier());
        for (const wrong of [
          { request_uri: url },
          { request_uri: `urn:ietf:params:oauth:request_uri:${url}` },
          { registration: JSON.stringify({ logo_uri: url, jwks_uri: url }) },
          {
            request: `${Buffer.from(JSON.stringify({ alg: 'RS256', jku: url })).toString('base64url')}.e30.x`,
          },
          { client_id: url },
        ]) {
          const answer = await ask(server, { ...request, ...wrong });
          expect(answer.headers.get('location') ?? 'error=').toContain('error=');
        }
        expect(visits).toBe(0);
      });

      it('45. is not what a client assertion says', async () => {
        const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
        const header = { alg: 'RS256', kid: 'k', jku: url, x5u: url };
        const answer = await post(server, 'token', null, {
          grant_type: 'client_credentials',
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: `${encode(header)}.${encode({ iss: 'shop', sub: 'shop', aud: ISSUER })}.x`,
        });
        expect(answer.status).toBe(401);
        expect(visits).toBe(0);
      });
    });

    describe('46. Behind no proxy', () => {
      const forged = [
        ['x-forwarded-host', 'evil.test'],
        ['x-forwarded-proto', 'http'],
        ['x-forwarded-port', '81'],
        ['x-forwarded-for', '198.51.100.7'],
        ['x-forwarded-prefix', '/evil'],
        ['x-original-url', '/evil'],
        ['x-real-ip', '198.51.100.7'],
        ['forwarded', 'for=198.51.100.7;host=evil.test;proto=http'],
        ['host', 'evil.test'],
      ] as const;

      it('46. forged headers change no URL, redirect or cookie', async () => {
        const query = form(authorizationRequest(shop, newVerifier())).toString();
        const plain = await rawRequest(server, 'GET', METADATA);
        const same = await rawRequest(server, 'GET', METADATA, forged);
        expect(same.text).toBe(plain.text);
        const started = await rawRequest(server, 'GET', `/oauth/authorize?${query}`, forged);
        expect(started.headers.location).toMatch(`${ISSUER}/interaction/`);
        const cookies = [started.headers['set-cookie'] ?? []].flat();
        expect(cookies.length).toBeGreaterThan(0);
        for (const cookie of cookies) {
          expect(cookie).toMatch(/; secure/i);
          expect(cookie).toMatch(/; httponly/i);
          expect(cookie).not.toMatch(/domain=/i);
        }
        const path = new URL(String(started.headers.location)).pathname;
        const cookie = cookies.map((line) => line.split(';')[0]).join('; ');
        const page = await rawRequest(server, 'GET', path, [...forged, ['cookie', cookie]]);
        expect(readQuestion(page.text)?.action).toBe(`${path}/login`);
        expect(page.text).not.toContain('evil');
      });

      it('46. forged addresses do not get around the limit', async () => {
        const limited = await startAuthorizationServer({
          adapter,
          sallyport: { throttling: { address: { limit: 5, windowSeconds: 60 } } },
        });
        const statuses = [];
        for (let attempt = 0; attempt < 8; attempt += 1) {
          const address = `198.51.100.${String(attempt)}`;
          const { status } = await rawRequest(limited, 'GET', METADATA, [
            ['x-forwarded-for', address],
            ['x-real-ip', address],
            ['forwarded', `for=${address}`],
          ]);
          statuses.push(status);
        }
        expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429, 429]);
        await limited.app.close();
      });
    });
  },
);
