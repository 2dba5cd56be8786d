import type { Server } from 'node:https';
import { post, registerClient, startAuthorizationServer } from '../support/authorization-server.js';
import { makeCertificate, TestAuthority, type TestCertificate } from '../support/certificates.js';
import type { Instance } from '../support/instances.js';
import { callByTls, portOf, SERVER_NAME, startTlsProxy, tlsServer } from '../support/mutual-tls.js';
import { rawRequest } from '../support/raw-request.js';
import { adapters } from '../support/reference-api.js';
import type { ServerSettings } from '../support/authorization-server.js';

const SUBJECT = 'CN=job';
const GRANT = { grant_type: 'client_credentials', scope: 'invoices:read' };
const JOB = { grantTypes: ['client_credentials'], redirectUris: [] };
const OF_CLIENT = { sub_type: undefined, roles: undefined };
const PROXY = { trustedProxies: ['127.0.0.1'] };

describe.each(adapters)('RFC 9440, what a proxy tells of certificates, on %s', (adapter) => {
  let server: Instance;
  let [root, otherRoot, middle] = [] as unknown as [TestAuthority, TestAuthority, TestAuthority];
  let own: TestCertificate;
  let token: string;

  const open = async (sallyport: ServerSettings['sallyport'] = {}) => {
    server = await startAuthorizationServer({ adapter, sallyport });
    await registerClient(server, 'job', {
      ...JOB,
      tlsClientAuth: { subjectDn: SUBJECT },
      tlsClientCertificateBoundAccessTokens: true,
    });
    const cnf = { 'x5t#S256': own.thumbprint };
    token = await server.token({ ...OF_CLIENT, client_id: 'job', sub: 'job', cnf });
  };
  beforeAll(async () => {
    root = await TestAuthority.create('CN=Root');
    otherRoot = await TestAuthority.create('CN=Other Root');
    middle = await root.intermediate({ subject: 'CN=Middle' });
    own = await middle.issue({ subject: SUBJECT });
  });
  afterEach(() => server.app.close());

  type Told = Readonly<Record<string, string>>;
  const probe = (headers: Told) => server.call('/probe', { token, headers });
  const ask = (headers: Told) =>
    post(server, 'token', { clientId: 'job', secret: null }, GRANT, headers);
  const told = (certificate: TestCertificate, ...chain: readonly TestAuthority[]): Told => ({
    'client-cert': certificate.header,
    ...(chain.length > 0 && { 'client-cert-chain': listed(chain) }),
  });
  const listed = (chain: readonly TestAuthority[]) =>
    chain.map(({ certificate }) => certificate.header).join(', ');

  it('§2.2 is one certificate as one byte sequence, and nothing else', async () => {
    await open({ ...PROXY, mtls: { proxyVerifies: true } });
    const base64 = own.header.slice(1, -1);
    expect((await probe(told(own))).status).toBe(200);
    expect((await ask(told(own))).status).toBe(200);
    for (const wrong of [
      base64,
      `:${base64}`,
      `${own.header};a=b`,
      `${own.header}, ${own.header}`,
      `:${base64.replaceAll('=', '')}A:`,
      '::',
      '',
      ':AAAA:',
      `:${Buffer.concat([own.x509.raw, Buffer.from('more')]).toString('base64')}:`,
      encodeURIComponent(own.cert),
      `:${'A'.repeat(13_000)}:`,
    ]) {
      const headers = { 'client-cert': wrong };
      expect([wrong, (await probe(headers)).status]).toEqual([wrong, 400]);
      expect([wrong, (await ask(headers)).status]).toEqual([wrong, 400]);
    }
    const lines = [told(own), told(own)].flatMap((one) => Object.entries(one));
    const bearer = ['authorization', `Bearer ${token}`] as const;
    expect((await rawRequest(server, 'GET', '/probe', [bearer, ...lines])).status).toBe(400);
    expect((await probe({})).status).toBe(401);
  });

  it('§2.3 is a list of certificates, and never without the one that they are of', async () => {
    await open({ ...PROXY, mtls: { proxyVerifies: true } });
    const base64 = middle.certificate.header.slice(1, -1);
    const right = [
      listed([middle]),
      listed([middle, root]),
      `${listed([middle])},${listed([root])}`,
    ];
    for (const chain of right) {
      const headers = { ...told(own), 'client-cert-chain': chain };
      expect((await probe(headers)).status).toBe(200);
      expect((await ask(headers)).status).toBe(200);
    }
    for (const wrong of [
      base64,
      `${listed([middle])};a=b`,
      `${listed([middle])},`,
      `${listed([middle])} ${listed([root])}`,
      `(${listed([middle])})`,
      '::',
      ':AAAA:',
      encodeURIComponent(root.cert),
      Array<string>(9)
        .fill(listed([root]))
        .join(','),
    ]) {
      const headers = { ...told(own), 'client-cert-chain': wrong };
      expect([wrong, (await probe(headers)).status]).toEqual([wrong, 400]);
      expect([wrong, (await ask(headers)).status]).toEqual([wrong, 400]);
    }
    const alone = { 'client-cert-chain': listed([middle]) };
    expect([(await probe(alone)).status, (await ask(alone)).status]).toEqual([400, 400]);
  });

  it('§2.3 leads to one of the authorities that are named, where some are', async () => {
    const proxyAuthorities = [root.cert];
    await open({ ...PROXY, mtls: { proxyVerifies: true, proxyAuthorities } });
    const subject = SUBJECT;
    const direct = await root.issue({ subject });
    const middleOfOther = await otherRoot.intermediate({ subject: 'CN=Middle' });
    const foreign = await middleOfOther.issue({ subject });
    const expired = await root.intermediate({ subject: 'CN=Expired', valid: [-2, -1] });
    const ofExpired = await expired.issue({ subject });
    const self = await makeCertificate({ subject });
    const forged = await (await TestAuthority.create('CN=Root')).issue({ subject });
    for (const right of [told(own, middle), told(own, middle, root), told(direct)]) {
      expect((await ask(right)).status).toBe(200);
    }
    for (const wrong of [
      told(own),
      told(own, root),
      told(own, otherRoot, middle),
      told(foreign, middleOfOther),
      told(foreign, middleOfOther, otherRoot),
      told(foreign, middle),
      told(ofExpired, expired),
      told(self),
      told(self, root),
      told(forged),
    ]) {
      const { status, body } = await ask(wrong);
      expect([status, body.error]).toEqual([401, 'invalid_client']);
    }
    // Whoever has a certificate of theirs is no authority by that.
    const plain = { ...told(own), 'client-cert-chain': direct.header };
    expect((await ask(plain)).status).toBe(401);
    // What a token is bound to rests on the certificate alone.
    expect((await probe(told(own))).status).toBe(200);
  });

  it('§2.3 comes through a proxy that ends the TLS of the client', async () => {
    const proxyAuthorities = [root.cert];
    await open({ ...PROXY, mtls: { proxyVerifies: true, proxyAuthorities } });
    const names = [{ type: 'dns', value: SERVER_NAME }] as const;
    const tls = { ...tlsServer(await root.issue({ names }), root), rejectUnauthorized: true };
    const proxy: Server = await startTlsProxy(
      { ...tls, ca: [root.cert, otherRoot.cert] },
      new URL(server.url),
      [middle],
    );
    const form = { ...GRANT, client_id: 'job' };
    const call = (certificate: TestCertificate, ...chain: readonly TestAuthority[]) =>
      callByTls(portOf(proxy), root, '/oauth/token', { form, certificate, chain });
    try {
      const { status, body } = await call(own, middle);
      expect(status).toBe(200);
      const headers = { authorization: `Bearer ${body.access_token as string}` };
      const probing = { headers, certificate: own, chain: [middle] };
      expect((await callByTls(portOf(proxy), root, '/probe', probing)).status).toBe(200);
      // The proxy knows it, and lets it through; here its word does not count.
      const foreign = await otherRoot.issue({ subject: SUBJECT });
      expect((await call(foreign)).status).toBe(401);
    } finally {
      proxy.close();
    }
  });

  it('§2.2 lets nobody sign in by a subject that no proxy is said to verify', async () => {
    await open({ ...PROXY, mtls: true });
    const { status, body } = await ask(told(own, middle));
    expect([status, body.error]).toEqual([401, 'invalid_client']);
    expect((await probe(told(own, middle))).status).toBe(200);
  });

  it.each([
    ['from a stranger', { mtls: { proxyVerifies: true }, trustedProxies: ['192.0.2.1'] }],
    ['where no proxy is trusted', { mtls: { proxyVerifies: true } }],
    ['where certificates are not read', PROXY],
  ])('§4 is nothing %s', async (_where, options) => {
    await open(options);
    for (const headers of [
      told(own, middle),
      { 'client-cert': 'garbage' },
      { 'client-cert-chain': 'garbage' },
    ]) {
      expect((await probe(headers)).status).toBe(401);
      // The engine knows no such client where certificates are not read.
      expect([400, 401]).toContain((await ask(headers)).status);
    }
  });
});
