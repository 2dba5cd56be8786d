import { format } from 'node:util';
import { jest } from '@jest/globals';
import { readSource } from './source-files.js';

const METHODS = ['debug', 'error', 'info', 'log', 'warn'] as const;

/** What is said on the console from now on. */
function listen(): string[] {
  const heard: string[] = [];
  for (const method of METHODS) {
    jest.spyOn(console, method).mockImplementation((...parts: unknown[]) => {
      heard.push(format(...parts));
    });
  }
  return heard;
}

/** Each notice of the engine is a development default that we forgot; each warning, a hole. */
describe('The engine', () => {
  // It may speak as soon as it is loaded, so nothing of it is imported before.
  let heard: string[];
  beforeEach(() => {
    heard = listen();
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('is the one version that we know', () => {
    const { version } = JSON.parse(readSource('node_modules/oidc-provider/package.json')) as {
      version: string;
    };
    const { dependencies } = JSON.parse(readSource('package.json')) as {
      dependencies: Record<string, string>;
    };
    expect(version).toBe(dependencies['oidc-provider']);
  });

  it.each(['express', 'fastify'] as const)(
    'has nothing to say on %s: not at start, and not in the life of a login',
    async (adapter) => {
      const { Browser, post, redeem, refresh, registerClient, send, startAuthorizationServer } =
        await import('../support/authorization-server.js');
      const resource = 'https://reports.test';
      const server = await startAuthorizationServer({
        adapter,
        server: {
          resources: [
            { identifier: resource, scope: ['invoices:read'], accessTokenFormat: 'opaque' },
          ],
        },
      });
      try {
        const grantTypes = ['authorization_code', 'refresh_token', 'client_credentials'] as const;
        const redirectUri = 'http://127.0.0.1/callback';
        const shop = await registerClient(server, 'shop', {
          grantTypes: [...grantTypes],
          resources: [resource],
        });
        const phone = await registerClient(server, 'phone', {
          type: 'public',
          redirectUris: [redirectUri],
        });

        const alice = new Browser(server);
        const scope = 'openid profile email offline_access invoices:read';
        const code = await alice.authorize(shop, { scope });
        const answers = [await redeem(server, shop, code)];
        const { refresh_token: refreshToken, access_token: token } = answers[0]?.body as Record<
          string,
          string
        >;
        const userinfo = { headers: { authorization: `Bearer ${token ?? ''}` } };
        answers.push(
          await refresh(server, shop, refreshToken ?? ''),
          await send(server, '/oauth/userinfo', userinfo),
          await post(server, 'token', shop, { grant_type: 'client_credentials' }),
          await post(server, 'token', shop, { grant_type: 'client_credentials', resource }),
          await post(server, 'introspect', shop, { token: token ?? '' }),
          await post(server, 'revoke', shop, { token: token ?? '' }),
          await send(server, '/oauth/jwks'),
          await send(server, '/oauth/.well-known/openid-configuration'),
        );
        expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));

        const denied = await new Browser(server, 'bob').visit(
          {
            response_type: 'code',
            client_id: phone.clientId,
            redirect_uri: redirectUri,
            code_challenge: 'x'.repeat(43),
            code_challenge_method: 'S256',
          },
          'deny',
        );
        expect(denied.searchParams.get('error')).toBe('access_denied');
        expect((await alice.open('/oauth/authorize?client_id=nobody')).status).toBe(400);
        expect((await redeem(server, shop, code)).status).toBe(400);
        expect((await post(server, 'token', null, {})).status).toBe(400);
        expect((await post(server, 'par', null, { client_id: 'nobody' })).status).toBe(401);

        const question = await alice.open('/oauth/logout');
        const fields = Array.from(
          question.text.matchAll(/name="([^"]*)" value="([^"]*)"/g),
          ([, name = '', value = '']) => [name, value] as const,
        );
        expect(question.status).toBe(200);
        const confirmed = await alice.open('/oauth/logout/confirm', {
          ...Object.fromEntries(fields),
          logout: 'yes',
        });
        expect(confirmed.status).toBe(303);
        const end = await alice.open(confirmed.headers.get('location') ?? '');
        expect(end.status).toBe(200);
      } finally {
        await server.app.close();
      }
      expect(heard).toEqual([]);
    },
  );

  it('is heard where it does have something to say', async () => {
    const { Provider } = await import('oidc-provider');
    expect(new Provider('https://api.test')).toBeDefined();
    expect(heard.join('\n')).toMatch(/oidc-provider (?:NOTICE|WARNING): /);
  });
});
