import type { Server } from 'node:https';
import { registerClient, startAuthorizationServer } from '../support/authorization-server.js';
import { makeCertificate, TestAuthority, type TestCertificate } from '../support/certificates.js';
import type { Instance } from '../support/instances.js';
import { callByTls, portOf, SERVER_NAME, tlsServer } from '../support/mutual-tls.js';
import { adapters } from '../support/reference-api.js';

describe.each(adapters)('OAuth checklist, certificates, on %s', (adapter) => {
  let authority: TestAuthority;
  let server: Instance;
  let [own, other] = [] as unknown as [TestCertificate, TestCertificate];
  let token: string;

  const call = (path: string, options: Parameters<typeof callByTls>[3]) =>
    callByTls(portOf(server.app.getHttpServer() as Server), authority, path, options);
  const probe = (certificate?: TestCertificate, headers = {}) =>
    call('/probe', {
      headers: { authorization: `Bearer ${token}`, ...headers },
      ...(certificate !== undefined && { certificate }),
    });

  beforeAll(async () => {
    authority = await TestAuthority.create();
    const names = [{ type: 'dns', value: SERVER_NAME }] as const;
    const tls = tlsServer(await authority.issue({ names }), authority);
    server = await startAuthorizationServer({ adapter, tls, sallyport: { mtls: true } });
    [own, other] = [await makeCertificate(), await makeCertificate()];
    await registerClient(server, 'job', {
      grantTypes: ['client_credentials'],
      redirectUris: [],
      selfSignedCertificates: [own.cert],
      tlsClientCertificateBoundAccessTokens: true,
    });
    const form = { grant_type: 'client_credentials', client_id: 'job' };
    const { status, body } = await call('/oauth/token', { form, certificate: own });
    expect(status).toBe(200);
    token = body.access_token as string;
  });
  afterAll(() => server.app.close());

  it('38. A token that is bound to a certificate is a 401 with another one, and with none (RFC 8705 §3)', async () => {
    expect((await probe(own)).status).toBe(200);
    expect((await probe(other)).status).toBe(401);
    expect((await probe()).status).toBe(401);
  });

  it('38. A certificate that an untrusted hop tells of is none (RFC 9440 §4)', async () => {
    for (const certificate of [other, undefined]) {
      expect((await probe(certificate, { 'client-cert': own.header })).status).toBe(401);
    }
  });
});
