import { errors, type Configuration, type KoaContextWithOIDC, type Provider } from 'oidc-provider';
import { hasSubject } from '../../credentials/mtls/certificate-subject.js';
import type { ClientCertificates } from '../../credentials/mtls/client-certificates.js';
import type { TlsClientAuth } from '../../clients/client.js';
import { SallyportError } from '../../errors.js';
import { ROUTES } from './routes.js';

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

/** RFC 8414 §2: the members that list how clients may authenticate. */
const METHODS = ['token', 'revocation', 'introspection'].map(
  (endpoint) => `${endpoint}_endpoint_auth_methods_supported`,
);

/** RFC 8705 §5: what a client calls by itself, and so over a connection with its certificate. */
const ALIASED = [
  'token',
  'revocation',
  'introspection',
  'pushed_authorization_request',
  'userinfo',
] as const;

/**
 * Makes the metadata name what can work where TLS ends as it does, and no more; a client that was registered for more
 * stays what it is, and is refused. `origin` is where certificates are asked for, unless the issuer's own.
 */
export function tellOfMutualTls(
  provider: Provider,
  certificates: ClientCertificates,
  origin: string | null,
): void {
  provider.use(async (ctx, next) => {
    await next();
    if ((ctx as Partial<KoaContextWithOIDC>).oidc?.route !== 'discovery') return;
    const metadata = ctx.body as Record<string, unknown>;
    const unfit = [
      ...(certificates.canComeVerified ? [] : ['tls_client_auth']),
      ...(certificates.canComeUnverified ? [] : ['self_signed_tls_client_auth']),
    ];
    for (const name of METHODS) {
      const methods = metadata[name] as readonly string[];
      metadata[name] = methods.filter((method) => !unfit.includes(method));
    }
    if (!certificates.canCome) delete metadata.tls_client_certificate_bound_access_tokens;
    if (origin !== null) metadata.mtls_endpoint_aliases = aliasesAt(origin, provider.issuer);
  });
}

const aliasesAt = (origin: string, issuer: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    ALIASED.map((name) => [
      `${name}_endpoint`,
      `${origin}${new URL(issuer).pathname.replace(/\/$/, '')}${ROUTES[name]}`,
    ]),
  );
