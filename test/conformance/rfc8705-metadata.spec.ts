import type { Server } from 'node:https';
import { request, type RequestOptions } from 'node:https';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import {
  ISSUER,
  registerClient,
  startAuthorizationServer,
  type ServerSettings,
} from '../support/authorization-server.js';
import { makeCertificate, TestAuthority, type TestCertificate } from '../support/certificates.js';
import type { Instance } from '../support/instances.js';
import { callByTls, portOf, SERVER_NAME, startTlsProxy, tlsServer } from '../support/mutual-tls.js';
import { claimsOf } from '../support/oauth-answers.js';
import { adapters } from '../support/reference-api.js';

type Body = ConstructorParameters<typeof Response>[0];

const DOCUMENT = '/.well-known/oauth-authorization-server/oauth';
const JOB = { grantTypes: ['client_credentials'], redirectUris: [] };
const PROXY = { trustedProxies: ['127.0.0.1'] };
const PKI = 'tls_client_auth';
const SELF = 'self_signed_tls_client_auth';

describe.each(adapters)('RFC 8705, metadata, on %s', (adapter) => {
  let authority: TestAuthority;
  let [own, partner, self] = [] as unknown as [TestCertificate, TestCertificate, TestCertificate];
  let server: Instance | null = null;

  beforeAll(async () => {
    authority = await TestAuthority.create();
    const names = ['api.test', 'mtls.test'].map((value) => ({ type: 'dns', value }) as const);
    own = await authority.issue({ names });
    partner = await authority.issue({ subject: 'CN=partner' });
    self = await makeCertificate({ subject: 'CN=self' });
  });
  afterEach(async () => {
    await server?.app.close();
    server = null;
  });
  const open = async (settings: Omit<ServerSettings, 'adapter'>) => {
    server = await startAuthorizationServer({ adapter, ...settings });
    return server;
  };
  const overTls = (running: Instance, path: string, form?: Record<string, string>) =>
    callByTls(portOf(running.app.getHttpServer() as Server), authority, path, {
      certificate: partner,
      ...(form !== undefined && { form }),
    });

  it.each<[string, () => Omit<ServerSettings, 'adapter'>, string[], true | undefined]>([
    [
      'TLS that ends here with authorities, and lets others in too',
      () => ({ tls: tlsServer(own, authority), sallyport: { mtls: true } }),
      [PKI, SELF],
      true,
    ],
    [
      'TLS that ends here with authorities, and lets in nobody else',
      () => ({
        tls: { ...tlsServer(own, authority), rejectUnauthorized: true },
        sallyport: { mtls: true },
      }),
      [PKI],
      true,
    ],
    [
      'TLS that ends here, of whose authorities nobody chose any',
      () => ({ tls: { ...tlsServer(own, authority), ca: undefined }, sallyport: { mtls: true } }),
      [SELF],
      true,
    ],
    [
      'TLS that asks for no certificate',
      () => ({ tls: { cert: own.cert, key: own.key }, sallyport: { mtls: true } }),
      [],
      undefined,
    ],
    ['no TLS here and no proxy', () => ({ sallyport: { mtls: true } }), [], undefined],
    [
      'a proxy that verifies',
      () => ({ sallyport: { ...PROXY, mtls: { proxyVerifies: true } } }),
      [PKI, SELF],
      true,
    ],
    ['a proxy that does not', () => ({ sallyport: { ...PROXY, mtls: true } }), [SELF], true],
    ['a proxy, and certificates are not read', () => ({ sallyport: PROXY }), [], undefined],
  ])(
    '§2.1 §2.2 §3.3 offers what can work, and no more: %s',
    async (_how, settings, wanted, isBound) => {
      const running = await open(settings());
      const { body } =
        settings().tls === undefined
          ? await running.call(DOCUMENT)
          : await overTls(running, DOCUMENT);
      const metadata = body as Record<string, unknown>;
      for (const endpoint of ['token', 'revocation', 'introspection']) {
        const offered = metadata[`${endpoint}_endpoint_auth_methods_supported`] as string[];
        expect(offered).toContain('private_key_jwt');
        expect(offered.filter((method) => [PKI, SELF].includes(method))).toEqual(wanted);
      }
      expect(metadata.tls_client_certificate_bound_access_tokens).toBe(isBound);
      expect(metadata.mtls_endpoint_aliases).toBeUndefined();
    },
  );

  it('§2.1 believes no subject for the word of authorities that nobody chose', async () => {
    const tls = tlsServer(own, authority);
    const running = await open({ tls, sallyport: { mtls: true } });
    await registerClient(running, 'partner', {
      ...JOB,
      tlsClientAuth: { subjectDn: 'CN=partner' },
    });
    const form = { grant_type: 'client_credentials', client_id: 'partner' };
    expect((await overTls(running, '/oauth/token', form)).status).toBe(200);
    // As if ours were one of those that Node trusts by itself: it vouches, and nobody named it.
    (running.app.getHttpServer() as { ca?: unknown }).ca = undefined;
    expect((await overTls(running, '/oauth/token', form)).status).toBe(401);
  });

  it.each([
    ['a path', 'https://mtls.test/oauth', true],
    ['plain http', 'http://mtls.test', true],
    ['a slash at its end', 'https://mtls.test/', true],
    ['certificates that are not read', 'https://mtls.test', false],
  ])('§5 fails the start with %s', async (_what, mtlsOrigin, mtls) => {
    await expect(open({ server: { mtlsOrigin }, sallyport: { mtls } })).rejects.toThrow(
      /mtlsOrigin/,
    );
  });

  describe('§5 where certificates are asked for at another origin', () => {
    let proxies: Server[];
    let asked: string[];
    let certificate: TestCertificate | undefined;

    beforeEach(async () => {
      const running = await open({
        server: { mtlsOrigin: 'https://mtls.test' },
        sallyport: { ...PROXY, mtls: true },
      });
      await registerClient(running, 'self', {
        ...JOB,
        selfSignedCertificates: [self.cert],
        tlsClientCertificateBoundAccessTokens: true,
      });
      const plain = { cert: own.cert, key: own.key };
      proxies = [
        await startTlsProxy(plain, new URL(running.url)),
        await startTlsProxy(tlsServer(own, authority), new URL(running.url)),
      ];
      asked = [];
      certificate = self;
    });
    afterEach(() => {
      for (const proxy of proxies) proxy.close();
    });

    /** Each origin at its own proxy, and the client's certificate wherever it is asked for. */
    const fetchByTls = async (
      url: string,
      init: { readonly method: string; readonly headers: object; readonly body?: Body },
    ): Promise<Response> => {
      const { hostname, pathname, search } = new URL(url);
      asked.push(`${hostname}${pathname}`);
      const [plain, mutual] = proxies;
      const proxy = hostname === 'mtls.test' ? mutual : plain;
      const body = await new Response(init.body ?? null).text();
      const sent = request({
        ...{ host: '127.0.0.1', port: portOf(proxy!), servername: hostname, agent: false },
        ...{ ca: [authority.cert], cert: certificate?.cert, key: certificate?.key },
        ...{ method: init.method, path: pathname + search },
        headers: { ...init.headers, 'content-length': Buffer.byteLength(body) },
      } satisfies RequestOptions);
      sent.end(body);
      const [answer] = (await once(sent, 'response')) as [IncomingMessage];
      return new Response(await text(answer), {
        status: answer.statusCode ?? 0,
        headers: { 'content-type': answer.headers['content-type'] ?? '' },
      });
    };

    it('names them under it, and by the issuer still all that browsers open', async () => {
      const answer = await fetchByTls(`https://${SERVER_NAME}${DOCUMENT}`, {
        method: 'GET',
        headers: {},
      });
      expect(await answer.json()).toMatchObject({
        issuer: ISSUER,
        authorization_endpoint: `${ISSUER}/authorize`,
        token_endpoint: `${ISSUER}/token`,
        mtls_endpoint_aliases: {
          token_endpoint: 'https://mtls.test/oauth/token',
          revocation_endpoint: 'https://mtls.test/oauth/revoke',
          introspection_endpoint: 'https://mtls.test/oauth/introspect',
          pushed_authorization_request_endpoint: 'https://mtls.test/oauth/par',
          userinfo_endpoint: 'https://mtls.test/oauth/userinfo',
        },
      });
    });

    it('openid-client finds them, and gets a bound token there and nowhere else [C93]', async () => {
      const config = await openid.discovery(
        new URL(ISSUER),
        'self',
        { use_mtls_endpoint_aliases: true },
        openid.TlsClientAuth(),
        { [openid.customFetch]: fetchByTls, algorithm: 'oauth2' },
      );
      const token = await openid.clientCredentialsGrant(config, { scope: 'invoices:read' });
      expect(asked).toEqual([`${SERVER_NAME}${DOCUMENT}`, 'mtls.test/oauth/token']);
      expect(claimsOf(token.access_token).cnf).toEqual({ 'x5t#S256': self.thumbprint });
      const introspected = await openid.tokenIntrospection(config, token.access_token);
      expect(introspected).toMatchObject({ active: true, cnf: { 'x5t#S256': self.thumbprint } });
      await openid.tokenRevocation(config, token.access_token);
      expect(asked.slice(2)).toEqual(['mtls.test/oauth/introspect', 'mtls.test/oauth/revoke']);
    });

    it('oauth4webapi does too, and is refused where no certificate comes [C93]', async () => {
      const options = { [oauth.customFetch]: fetchByTls };
      const issuer = new URL(ISSUER);
      const found = await oauth.discoveryRequest(issuer, { ...options, algorithm: 'oauth2' });
      const metadata = await oauth.processDiscoveryResponse(issuer, found);
      const ask = (client: oauth.Client) =>
        oauth.clientCredentialsGrantRequest(
          metadata,
          client,
          oauth.TlsClientAuth(),
          new URLSearchParams({ scope: 'invoices:read' }),
          options,
        );
      const client = { client_id: 'self', use_mtls_endpoint_aliases: true };
      const granted = await oauth.processClientCredentialsResponse(
        metadata,
        client,
        await ask(client),
      );
      expect(claimsOf(granted.access_token).cnf).toEqual({ 'x5t#S256': self.thumbprint });
      expect((await ask({ client_id: 'self' })).status).toBe(401);
      certificate = undefined;
      expect((await ask(client)).status).toBe(401);
      expect(asked.slice(1)).toEqual([
        'mtls.test/oauth/token',
        `${SERVER_NAME}/oauth/token`,
        'mtls.test/oauth/token',
      ]);
    });
  });
});
