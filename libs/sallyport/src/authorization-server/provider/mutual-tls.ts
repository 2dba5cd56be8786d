import { errors, type Configuration, type KoaContextWithOIDC } from 'oidc-provider';
import { hasSubject } from '../../credentials/mtls/certificate-subject.js';
import type { ClientCertificates } from '../../credentials/mtls/client-certificates.js';
import type { TlsClientAuth } from '../../clients/client.js';
import { SallyportError } from '../../errors.js';

type MutualTls = NonNullable<NonNullable<Configuration['features']>['mTLS']>;

/** Members of a client's metadata, by the names that we have for them. */
const SUBJECTS: Readonly<Record<string, keyof TlsClientAuth>> = {
  tls_client_auth_subject_dn: 'subjectDn',
  tls_client_auth_san_dns: 'sanDns',
  tls_client_auth_san_uri: 'sanUri',
  tls_client_auth_san_ip: 'sanIp',
  tls_client_auth_san_email: 'sanEmail',
};

/** Client certificates in the engine's words (RFC 8705): it asks, and all that is believed is believed by ours. */
export function mutualTls(certificates: ClientCertificates): MutualTls {
  const of = (ctx: KoaContextWithOIDC) => {
    try {
      return certificates.of(ctx.req);
    } catch (error) {
      if (!(error instanceof SallyportError)) throw error;
      throw new errors.InvalidRequest('the client certificate cannot be read');
    }
  };
  return {
    enabled: true,
    certificateBoundAccessTokens: true,
    selfSignedTlsClientAuth: true,
    tlsClientAuth: true,
    getCertificate: (ctx) => of(ctx)?.x509,
    certificateAuthorized: (ctx) => of(ctx)?.isVerified === true,
    certificateSubjectMatches: (ctx, property, expected) => {
      const certificate = of(ctx);
      const subject = SUBJECTS[property];
      if (certificate === null || subject === undefined) return false;
      return hasSubject(certificate.x509, { [subject]: expected });
    },
  };
}
