import type { Server } from 'node:https';
import {
  Browser,
  grantRole,
  registerClient,
  startAuthorizationServer,
  type ServerSettings,
} from '../support/authorization-server.js';
import { makeCertificate, TestAuthority, type TestCertificate } from '../support/certificates.js';
import { ProofMaker } from '../support/dpop-proof.js';
import type { Instance } from '../support/instances.js';
import {
  callByTls,
  portOf,
  SERVER_NAME,
  startTlsProxy,
  tlsServer,
  type TlsCall,
} from '../support/mutual-tls.js';
import { claimsOf } from '../support/oauth-answers.js';
import { hashOf } from '../support/bound-tokens.js';
import { adapters } from '../support/reference-api.js';

const SUBJECT = 'CN=partner,O=Example,C=DE';
const GRANT = { grant_type: 'client_credentials', scope: 'invoices:read' };
const OF_CLIENT = { sub_type: undefined, roles: undefined };
const JOB = { grantTypes: ['client_credentials'], redirectUris: [] };

describe.each(
  adapters.flatMap((adapter) =>
    (['here', 'at a proxy'] as const).map((ends) => ({ adapter, ends })),
  ),
)('RFC 8705, mutual TLS that ends $ends, on $adapter', ({ adapter, ends }) => {
  let authority: TestAuthority;
  let own: TestCertificate;
  let server: Instance;
  let proxy: Server | null;
  let port: number;
  let [self, partner, stranger] = [] as unknown as [
    TestCertificate,
    TestCertificate,
    TestCertificate,
  ];

  const open = async (sallyport: ServerSettings['sallyport']) => {
    const tls = tlsServer(own, authority);
    const trust = ends === 'here' ? {} : { trustedProxies: ['127.0.0.1'] };
    server = await startAuthorizationServer({
      adapter,
      sallyport: { ...trust, ...sallyport },
      ...(ends === 'here' && { tls }),
    });
    proxy = ends === 'here' ? null : await startTlsProxy(tls, new URL(server.url));
    port = portOf(proxy ?? (server.app.getHttpServer() as Server));
  };
  const close = async () => {
    proxy?.close();
    await server.app.close();
  };

  beforeAll(async () => {
    authority = await TestAuthority.create();
    own = await authority.issue({
      subject: `CN=${SERVER_NAME}`,
      names: [{ type: 'dns', value: SERVER_NAME }],
    });
    self = await makeCertificate({ subject: 'CN=self' });
    partner = await authority.issue({
      subject: 'C=DE, O=Example, CN=partner',
      names: [{ type: 'url', value: 'urn:example:partner' }],
    });
    stranger = await authority.issue({ subject: 'CN=stranger' });
    await open({ mtls: { proxyVerifies: true } });
    const bound = { ...JOB, tlsClientCertificateBoundAccessTokens: true };
    await registerClient(server, 'self', { ...bound, selfSignedCertificates: [self.cert] });
    await registerClient(server, 'partner', {
      ...bound,
      tlsClientAuth: { subjectDn: SUBJECT },
    });
    await registerClient(server, 'named', {
      ...JOB,
      tlsClientAuth: { sanUri: 'urn:example:partner' },
    });
  });
  afterAll(close);

  const call = (path: string, options: TlsCall) => callByTls(port, authority, path, options);
  const ask = (clientId: string, certificate?: TestCertificate, headers = {}) =>
    call('/oauth/token', {
      form: { ...GRANT, client_id: clientId },
      headers,
      ...(certificate !== undefined && { certificate }),
    });
  const tokenOf = async (clientId: string, certificate: TestCertificate): Promise<string> => {
    const { status, body } = await ask(clientId, certificate);
    expect(status).toBe(200);
    return body.access_token as string;
  };
  const probe = async (token: string, certificate?: TestCertificate, headers = {}) =>
    call('/probe', {
      headers: { authorization: `Bearer ${token}`, ...headers },
      ...(certificate !== undefined && { certificate }),
    });

  it('§2.1 signs a client in by the subject of a certificate that an authority vouches for [C93]', async () => {
    expect((await ask('partner', partner)).status).toBe(200);
    expect((await ask('named', partner)).status).toBe(200);
  });

  it.each([
    ['no certificate', () => undefined],
    ['that of another subject', () => stranger],
    ['one that nobody vouches for', () => self],
  ])('§2.1 refuses a client that comes with %s', async (_what, certificate) => {
    for (const clientId of ['partner', 'named']) {
      const { status, body } = await ask(clientId, certificate());
      expect([status, body.error]).toEqual([401, 'invalid_client']);
    }
  });

  // A proxy that verifies lets none of them through: rfc8705-nginx.spec.ts.
  if (ends === 'here') {
    it('§2.1 refuses the right subject where nobody vouches for it, or not now', async () => {
      const subject = 'C=DE, O=Example, CN=partner';
      const other = await TestAuthority.create('CN=Other Authority');
      for (const certificate of [
        await makeCertificate({ subject }),
        await other.issue({ subject }),
        await authority.issue({ subject, valid: [-2, -1] }),
        await authority.issue({ subject, valid: [1, 2] }),
      ]) {
        const { status, body } = await ask('partner', certificate);
        expect([status, body.error]).toEqual([401, 'invalid_client']);
      }
      expect((await ask('partner', await authority.issue({ subject }))).status).toBe(200);
    });
  }

  it('§2.2 signs a client in by the very certificate that it registered, and by no other', async () => {
    expect((await ask('self', self)).status).toBe(200);
    const twin = await makeCertificate({ subject: 'CN=self' });
    for (const certificate of [twin, partner, undefined]) {
      const { status, body } = await ask('self', certificate);
      expect([status, body.error]).toEqual([401, 'invalid_client']);
    }
  });

  it('§2.1 takes a certificate without any subject for nobody', async () => {
    const nobody = await authority.issue({ subject: '' });
    const { status, body } = await ask('partner', nobody);
    expect([status, body.error]).toEqual([401, 'invalid_client']);
  });

  it.each([
    ['has expired', [-2, -1]],
    ['is not valid yet', [1, 2]],
  ] as const)(
    '§2.2 §3 takes no certificate that %s, registered or bound to',
    async (_what, valid) => {
      const old = await makeCertificate({ subject: 'CN=old', valid });
      const clientId = `old${valid[0] < 0 ? '' : '-new'}`;
      await registerClient(server, clientId, { ...JOB, selfSignedCertificates: [old.cert] });
      const { status, body } = await ask(clientId, old);
      expect([status, body.error]).toEqual([401, 'invalid_client']);
      const cnf = { 'x5t#S256': old.thumbprint };
      const token = await server.token({ ...OF_CLIENT, client_id: clientId, sub: clientId, cnf });
      expect((await probe(token, old)).status).toBe(401);
    },
  );

  it('§2 takes no secret of a client that has a certificate', async () => {
    const body = { ...GRANT, client_id: 'self', client_secret: 'secret' };
    const { status } = await call('/oauth/token', { form: body, certificate: self });
    expect(status).toBe(401);
  });

  it('§3 §3.1 binds a token to the certificate, and lets it in with that alone [C93] [C103]', async () => {
    const token = await tokenOf('self', self);
    expect(claimsOf(token).cnf).toEqual({ 'x5t#S256': self.thumbprint });
    expect((await probe(token, self)).status).toBe(200);
    for (const certificate of [partner, undefined]) {
      expect((await probe(token, certificate)).status).toBe(401);
    }
    expect((await probe(token, self)).status).toBe(200);
  });

  it('§3 reads no certificate that the sender writes by itself', async () => {
    const token = await tokenOf('self', self);
    const headers = { 'client-cert': self.header, 'x-client-cert': self.header };
    for (const certificate of [stranger, undefined]) {
      expect((await probe(token, certificate, headers)).status).toBe(401);
      expect((await ask('self', certificate, headers)).status).toBe(401);
    }
  });

  it('§3.4 refuses tokens that are not bound of a client whose tokens must be', async () => {
    const unbound = await tokenOf('named', partner);
    expect(claimsOf(unbound).cnf).toBeUndefined();
    expect((await probe(unbound)).status).toBe(200);
    const bearer = await server.token({ ...OF_CLIENT, client_id: 'self', sub: 'self' });
    expect((await probe(bearer, self)).status).toBe(401);
  });

  it('§3 wants both where a token is bound to a DPoP key too (RFC 9449 §6.1)', async () => {
    const key = await ProofMaker.create();
    const cnf = { jkt: key.jkt, 'x5t#S256': self.thumbprint };
    const token = await server.token({ ...OF_CLIENT, client_id: 'self', sub: 'self', cnf });
    const use = async (certificate: TestCertificate | undefined) => {
      const claims = { htm: 'GET', htu: 'https://api.test/probe', ath: hashOf(token) };
      const headers = { authorization: `DPoP ${token}`, dpop: await key.proof(claims) };
      return (await probe(token, certificate, headers)).status;
    };
    expect(await use(self)).toBe(200);
    expect(await use(partner)).toBe(401);
    expect((await probe(token, self)).status).toBe(401);
  });

  it('§3.3 §5 tells in the metadata what is taken', async () => {
    const { body } = await call('/.well-known/oauth-authorization-server/oauth', {});
    expect(body).toMatchObject({
      tls_client_certificate_bound_access_tokens: true,
      token_endpoint_auth_methods_supported: expect.arrayContaining([
        'tls_client_auth',
        'self_signed_tls_client_auth',
      ]) as string[],
    });
  });

  // The browser of this test speaks no TLS.
  if (ends === 'at a proxy') {
    it('§4 binds the refresh tokens of a public client to its certificate', async () => {
      await grantRole(server, 'alice');
      const phone = await registerClient(server, 'phone', {
        type: 'public',
        tlsClientCertificateBoundAccessTokens: true,
      });
      const { code, verifier, redirectUri } = await new Browser(server).authorize(phone);
      const exchange = (fields: Record<string, string>, certificate: TestCertificate) =>
        call('/oauth/token', { form: { client_id: 'phone', ...fields }, certificate });
      const { body } = await exchange(
        {
          grant_type: 'authorization_code',
          code,
          code_verifier: verifier,
          redirect_uri: redirectUri,
        },
        self,
      );
      expect(claimsOf(body.access_token as string).cnf).toEqual({ 'x5t#S256': self.thumbprint });
      const grant = { grant_type: 'refresh_token', refresh_token: body.refresh_token as string };
      const stolen = await exchange(grant, stranger);
      expect([stolen.status, stolen.body.error]).toEqual([400, 'invalid_grant']);
      const refreshed = await exchange(grant, self);
      expect(refreshed.status).toBe(200);
      // An answer that got lost comes again (refresh grace), but to nobody else.
      expect((await exchange(grant, stranger)).status).toBe(400);
      expect((await probe(refreshed.body.access_token as string, self)).status).toBe(200);
    });
  }
});
