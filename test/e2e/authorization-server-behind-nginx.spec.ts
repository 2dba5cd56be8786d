import { decodeJwt } from 'jose';
import { CookieJar } from '../../apps/reference-api/src/tools/cookie-jar.js';
import { readSignInPage } from '../../apps/reference-api/src/tools/sign-in-page.js';
import { driverFor, sendExactly, startHost } from '../support/authorization-server-host.js';
import {
  authorizationRequest,
  form,
  newVerifier,
  post,
  TestUsers,
} from '../support/authorization-server.js';
import { hasNginx, startNginx, type Nginx } from '../support/nginx.js';
import type { Instance } from '../support/instances.js';

/** What everybody outside knows; TLS ends in front of nginx, and inside the path is another. */
const PUBLIC = 'https://public.test/id';
const WELL_KNOWN = '/.well-known/oauth-authorization-server';

const proxied = (upstream: string): string => `
  proxy_http_version 1.1;
  proxy_set_header Host $http_host;
  proxy_set_header X-Forwarded-For $remote_addr;
  proxy_set_header X-Forwarded-Host public.test;
  proxy_set_header X-Forwarded-Proto https;
  location /id/ { proxy_pass ${upstream}/oauth/; }
  location = ${WELL_KNOWN}/id { proxy_pass ${upstream}${WELL_KNOWN}/oauth; }
  location / { proxy_pass ${upstream}; }
`;

if (hasNginx) {
  describe.each(['express', 'fastify'] as const)(
    'The authorization server behind an nginx that rewrites its path, on %s',
    (adapter) => {
      let host: Instance;
      let nginx: Nginx;
      let shop: Awaited<ReturnType<typeof driverFor>>;
      const client = () => ({ clientId: 'shop', secret: shop.secret });
      const request = () => {
        const redirectUri = 'https://shop.test/callback';
        const parameters = authorizationRequest({ ...client(), redirectUri }, newVerifier());
        return `/id/authorize?${form({ ...parameters, scope: 'openid invoices:read' }).toString()}`;
      };

      beforeAll(async () => {
        host = await startHost(adapter, {
          issuer: PUBLIC,
          sallyport: { trustedProxies: ['127.0.0.1'] },
        });
        nginx = await startNginx(proxied(host.url));
        shop = await driverFor(host, PUBLIC, nginx.url);
      });
      afterAll(async () => {
        await nginx.stop();
        await host.app.close();
      });

      it.each(['/id/.well-known/openid-configuration', `${WELL_KNOWN}/id`])(
        'names in %s nothing but its public URL',
        async (path) => {
          const answer = await sendExactly(nginx, path);
          expect(answer.status).toBe(200);
          expect(JSON.parse(answer.text)).toMatchObject({
            issuer: PUBLIC,
            authorization_endpoint: `${PUBLIC}/authorize`,
            token_endpoint: `${PUBLIC}/token`,
            jwks_uri: `${PUBLIC}/jwks`,
            end_session_endpoint: `${PUBLIC}/logout`,
          });
          expect(answer.text).not.toMatch(/oauth\/|127\.0\.0\.1|http:/);
        },
      );

      it('signs a user in and gives tokens of its public issuer [T5]', async () => {
        const tokens = await shop.driver.token({ client: 'shop', user: 'alice', scope: 'openid' });
        expect(decodeJwt(tokens.access_token)).toMatchObject({ iss: PUBLIC, sub: 'alice' });
        const authorization = `Bearer ${tokens.access_token}`;
        const userinfo = await sendExactly(nginx, '/id/userinfo', { headers: { authorization } });
        expect(JSON.parse(userinfo.text)).toEqual({ sub: 'alice' });
        const own = await sendExactly(nginx, '/own/closed', { headers: { authorization } });
        expect(own).toMatchObject({ status: 200, text: 'closed' });
      });

      it('gives cookies that the browser sends back under the public path', async () => {
        const answer = await sendExactly(nginx, request());
        const { pathname, href } = new URL(answer.headers.location ?? '');
        expect(href).toMatch(/^https:\/\/public\.test\/id\/interaction\//);
        const cookies = answer.headers['set-cookie'] ?? [];
        const paths = cookies.map((cookie) => /path=([^;]*)/i.exec(cookie)?.[1] ?? '');
        expect(paths).toContain(pathname);
        expect(paths).toContain(pathname.replace('interaction', 'authorize'));
        for (const cookie of cookies) {
          expect(cookie).toMatch(/path=\/(id\/|;|$)/i);
          expect(cookie).toMatch(/; secure/i);
          expect(cookie).not.toMatch(/domain=/i);
        }
      });

      it('shows pages whose forms and assets are under the public path', async () => {
        const answer = await sendExactly(nginx, request());
        const { pathname } = new URL(answer.headers.location ?? '');
        const cookie = (answer.headers['set-cookie'] ?? [])
          .map((line) => line.split(';')[0])
          .join('; ');
        const page = await sendExactly(nginx, pathname, { headers: { cookie } });
        expect(page.status).toBe(200);
        expect(readSignInPage(page.text)).toMatchObject({ action: `${pathname}/login` });
        expect(page.text).not.toMatch(/oauth\/|127\.0\.0\.1|http:/);
        const [, stylesheet = ''] = /rel="stylesheet" href="([^"]*)"/.exec(page.text) ?? [];
        const { pathname: path, search } = new URL(stylesheet, PUBLIC);
        expect(path).toMatch(/^\/id\//);
        expect((await sendExactly(nginx, path + search)).status).toBe(200);
      });

      it('knows who has signed in, and asks before it signs out, under the public path', async () => {
        const jar = new CookieJar();
        const open = async (target: string, fields?: Record<string, string>) => {
          const url = new URL(target, PUBLIC);
          const answer = await sendExactly(nginx, url.pathname + url.search, {
            headers: { cookie: jar.headerFor(url) },
            ...(fields !== undefined && { form: fields }),
          });
          jar.keep(url, answer.headers['set-cookie'] ?? []);
          return { ...answer, location: answer.headers.location ?? '' };
        };
        const page = await open((await open(request())).location);
        const { action = '', csrf = '' } = readSignInPage(page.text) ?? {};
        const password = TestUsers.passwordOf('alice');
        const resumed = await open(
          (await open(action, { csrf, username: 'alice', password })).location,
        );
        expect(resumed.location).toMatch(/^https:\/\/shop\.test\/callback\?code=/);
        const question = await open('/id/logout');
        expect(question.status).toBe(200);
        expect(question.text).toMatch(/action="(https:\/\/public\.test)?\/id\/logout\/confirm"/);
      });

      it('goes by what its proxy says of the sender, not by what the sender says', async () => {
        const path = '/id/.well-known/openid-configuration';
        const honest = await sendExactly(nginx, path);
        const lying = await sendExactly(nginx, path, {
          headers: {
            host: 'evil.test',
            forwarded: 'host=evil.test;proto=http',
            'x-forwarded-host': 'evil.test',
            'x-forwarded-prefix': '/evil',
          },
        });
        expect(lying.text).toBe(honest.text);
      });

      it('is what it says it is, too, for who goes past the proxy', async () => {
        const answer = await post(host, 'token', client(), { grant_type: 'client_credentials' });
        const { access_token: token } = answer.body as { access_token: string };
        expect(decodeJwt(token).iss).toBe(PUBLIC);
      });
    },
  );
} else {
  it('needs nginx, which this machine does not have: apt-get install nginx', () => {
    expect(process.env.TEST_STORES).not.toBe('all');
  });
}
