import { readFileSync } from 'node:fs';
import { registerClient, startAuthorizationServer } from '../support/authorization-server.js';
import { makeCertificate, TestAuthority, type TestCertificate } from '../support/certificates.js';
import type { Instance } from '../support/instances.js';
import { callByTls, SERVER_NAME, type TlsCall } from '../support/mutual-tls.js';
import { hasNginx, startNginx, type Nginx } from '../support/nginx.js';
import { claimsOf } from '../support/oauth-answers.js';
import { fromAddress } from '../support/other-address.js';
import { adapters } from '../support/reference-api.js';

const SUBJECT = 'CN=partner';
const JOB = {
  grantTypes: ['client_credentials'],
  redirectUris: [],
  tlsClientCertificateBoundAccessTokens: true,
};
const [, recipe = ''] =
  /## Client certificates[\s\S]*?```nginx\n(ssl_certificate [\s\S]*?)```/.exec(
    readFileSync('docs/deployment.md', 'utf8'),
  ) ?? [''];
const map = readFileSync('deploy/nginx/client-cert.conf', 'utf8');

/** What docs/deployment.md says, with this upstream. */
const serverOf = ({ url }: Instance, verify: 'optional' | 'optional_no_ca'): string =>
  recipe.replace('http://api:3000', url).replace(/(ssl_verify_client +)optional;/, `$1${verify};`);

if (hasNginx) {
  describe.each(adapters)('RFC 8705 behind nginx as the docs configure it, on %s', (adapter) => {
    let authority: TestAuthority;
    let nginx: Nginx;
    let server: Instance;
    let [partner, self] = [] as unknown as [TestCertificate, TestCertificate];

    const open = async (verify: 'optional' | 'optional_no_ca') => {
      const mtls = verify === 'optional' ? { proxyVerifies: true } : true;
      const sallyport = { mtls, trustedProxies: ['127.0.0.1'] };
      server = await startAuthorizationServer({ adapter, sallyport });
      await registerClient(server, 'partner', { ...JOB, tlsClientAuth: { subjectDn: SUBJECT } });
      await registerClient(server, 'self', { ...JOB, selfSignedCertificates: [self.cert] });
      const names = [{ type: 'dns', value: SERVER_NAME }] as const;
      const own = await authority.issue({ names });
      nginx = await startNginx(serverOf(server, verify), {
        http: map,
        files: {
          'server.pem': own.cert,
          'server.key': own.key,
          'authorities.pem': authority.cert,
        },
      });
    };
    beforeAll(async () => {
      authority = await TestAuthority.create();
      partner = await authority.issue({ subject: SUBJECT });
      self = await makeCertificate({ subject: 'CN=self' });
    });
    const close = async () => {
      await nginx.stop();
      await server.app.close();
    };

    const call = (path: string, options: TlsCall) =>
      callByTls(Number(new URL(nginx.url).port), authority, path, options);
    const ask = (clientId: string, certificate?: TestCertificate, headers = {}) =>
      call('/oauth/token', {
        form: { grant_type: 'client_credentials', scope: 'invoices:read', client_id: clientId },
        headers,
        ...(certificate !== undefined && { certificate }),
      });
    const probe = async (token: string, certificate?: TestCertificate, headers = {}) =>
      (
        await call('/probe', {
          headers: { authorization: `Bearer ${token}`, ...headers },
          ...(certificate !== undefined && { certificate }),
        })
      ).status;

    describe('that verifies', () => {
      beforeAll(() => open('optional'));
      afterAll(close);

      it('§2.1 §3 signs a client in by its subject, and binds its tokens to the certificate [C93] [C103]', async () => {
        const { status, body } = await ask('partner', partner);
        expect(status).toBe(200);
        const token = body.access_token as string;
        expect(claimsOf(token).cnf).toEqual({ 'x5t#S256': partner.thumbprint });
        expect(await probe(token, partner)).toBe(200);
        expect(await probe(token)).toBe(401);
        expect(await probe(token, await authority.issue({ subject: SUBJECT }))).toBe(401);
      });

      it('§2.1 hears of no certificate that has expired, is not valid yet, or for which nobody vouches', async () => {
        const subject = SUBJECT;
        const other = await TestAuthority.create('CN=Other Authority');
        for (const certificate of [
          await authority.issue({ subject, valid: [-2, -1] }),
          await authority.issue({ subject, valid: [1, 2] }),
          await makeCertificate({ subject }),
          await other.issue({ subject }),
        ]) {
          const { status, body } = await ask('partner', certificate);
          expect([status, body]).toEqual([400, expect.stringContaining('SSL certificate error')]);
        }
        expect((await ask('partner')).status).toBe(401);
        expect((await ask('partner', await authority.issue({ subject: 'CN=p' }))).status).toBe(401);
      });

      it('RFC 9440 §4 is told of no certificate that the client writes by itself', async () => {
        const { body } = await ask('partner', partner);
        const stranger = await authority.issue({ subject: 'CN=stranger' });
        for (const forged of [
          { 'client-cert': partner.header },
          { client_cert: partner.header },
          { 'client-cert': [partner.header, partner.header] },
          { 'client-cert-chain': 'garbage', 'client-cert': 'garbage' },
        ]) {
          for (const certificate of [stranger, undefined]) {
            expect((await ask('partner', certificate, forged)).status).toBe(401);
            expect(await probe(body.access_token as string, certificate, forged)).toBe(401);
          }
        }
      });

      it('RFC 9440 §4 believes none that comes past nginx', async () => {
        const { body } = await ask('partner', partner);
        const headers = {
          authorization: `Bearer ${body.access_token as string}`,
          'client-cert': partner.header,
        };
        const stranger = await fromAddress('127.0.0.2', server.url);
        try {
          expect((await fetch(`${stranger.url}/probe`, { headers })).status).toBe(401);
        } finally {
          stranger.close();
        }
        expect((await fetch(`${server.url}/probe`, { headers })).status).toBe(200);
      });

      it('RFC 9440 §2.2 is told of all certificates of up to 3 KiB, and of none that is cut off', async () => {
        const sizes = new Set<number>();
        for (const count of [1, 20, 70, 130, 160]) {
          const names = Array.from({ length: count }, (_, at) => ({
            ...{ type: 'dns' as const, value: `name-${String(at)}.example` },
          }));
          const large = await authority.issue({ subject: SUBJECT, names });
          const fits = large.x509.raw.length <= 3072;
          const { status, body } = await ask('partner', large);
          expect([large.x509.raw.length, status]).toEqual([
            large.x509.raw.length,
            fits ? 200 : 401,
          ]);
          if (fits) {
            const { cnf } = claimsOf(body.access_token as string);
            expect(cnf).toEqual({ 'x5t#S256': large.thumbprint });
          }
          sizes.add(Math.sign(large.x509.raw.length - 3072));
        }
        expect([...sizes]).toEqual([-1, 1]);
      });
    });

    describe('that only tells', () => {
      beforeAll(() => open('optional_no_ca'));
      afterAll(close);

      it('§2.2 §3 signs a client in by the very certificate that it registered [C93] [C103]', async () => {
        const { status, body } = await ask('self', self);
        expect(status).toBe(200);
        expect(await probe(body.access_token as string, self)).toBe(200);
        const twin = await makeCertificate({ subject: 'CN=self' });
        for (const certificate of [twin, partner, undefined]) {
          expect((await ask('self', certificate)).status).toBe(401);
          expect(await probe(body.access_token as string, certificate)).toBe(401);
        }
      });

      it('§2.1 signs nobody in by a subject, whoever vouches for it', async () => {
        expect((await ask('partner', partner)).status).toBe(401);
      });

      it('§2.2 hears of no certificate that has expired, registered or not', async () => {
        const old = await makeCertificate({ subject: 'CN=old', valid: [-2, -1] });
        await registerClient(server, 'old', { ...JOB, selfSignedCertificates: [old.cert] });
        const { status, body } = await ask('old', old);
        expect([status, body]).toEqual([400, expect.stringContaining('SSL certificate error')]);
      });
    });
  });
} else {
  it('needs nginx, which this machine does not have: apt-get install nginx', () => {
    expect(process.env.TEST_STORES).not.toBe('all');
  });
}
