import { X509Certificate } from 'node:crypto';
import type { ClientMetadata } from 'oidc-provider';
import type { Client } from '../../clients/client.js';

/** A member of ours in the engine's client metadata: origins of browsers that may call for it. */
export const ORIGINS = 'sallyport_origins';

/** How a client proves that it is itself (RFC 8414 §2, `token_endpoint_auth_methods_supported`). */
function authenticationOf(client: Client): ClientMetadata['token_endpoint_auth_method'] {
  const { type, jwks, tlsClientAuth, selfSignedCertificates } = client;
  if (type === 'public') return 'none';
  if (tlsClientAuth !== null) return 'tls_client_auth';
  if (selfSignedCertificates !== null) return 'self_signed_tls_client_auth';
  return jwks === null ? 'client_secret_basic' : 'private_key_jwt';
}

/**
 * RFC 8252 §8.6: a public client whose redirects anyone on the device can catch cannot be told from another app, so
 * the user is asked every time. Its loopback redirects may vary in port (RFC 8252 §7.3).
 */
export const isImpersonable = ({ type, redirectUris }: Client): boolean =>
  type === 'public' && redirectUris.some((uri) => !uri.startsWith('https:'));

/** Our record in the engine's words (RFC 7591 §2). */
export function clientMetadata(client: Client, signingAlgorithm: string): ClientMetadata {
  const { clientId, name, grantTypes, redirectUris, postLogoutRedirectUris, jwks } = client;
  const authentication = authenticationOf(client);
  return {
    client_id: clientId,
    client_name: name,
    application_type: isImpersonable(client) ? 'native' : 'web',
    grant_types: [...grantTypes],
    response_types: grantTypes.includes('authorization_code') ? ['code'] : [],
    redirect_uris: [...redirectUris],
    post_logout_redirect_uris: [...postLogoutRedirectUris],
    [ORIGINS]: [...client.origins],
    id_token_signed_response_alg:
      signingAlgorithm as ClientMetadata['id_token_signed_response_alg'],
    token_endpoint_auth_method: authentication,
    // The engine wants to see one; `compareClientSecret` never looks at it.
    ...(authentication === 'client_secret_basic' && { client_secret: 'kept as hashes' }),
    ...(jwks !== null && { jwks: { keys: jwks.keys.map((key) => ({ ...key })) } }),
    ...(client.requiresPushedRequests && { require_pushed_authorization_requests: true }),
    ...(client.dpopBoundAccessTokens && { dpop_bound_access_tokens: true }),
    ...certificateMetadata(client),
  };
}

/** RFC 8705 §2.1.2, §2.2.2, §3.4. */
function certificateMetadata({
  tlsClientAuth,
  selfSignedCertificates,
  tlsClientCertificateBoundAccessTokens,
}: Client): Partial<ClientMetadata> {
  const { subjectDn, sanDns, sanUri, sanIp, sanEmail } = tlsClientAuth ?? {};
  return {
    ...(subjectDn !== undefined && { tls_client_auth_subject_dn: subjectDn }),
    ...(sanDns !== undefined && { tls_client_auth_san_dns: sanDns }),
    ...(sanUri !== undefined && { tls_client_auth_san_uri: sanUri }),
    ...(sanIp !== undefined && { tls_client_auth_san_ip: sanIp }),
    ...(sanEmail !== undefined && { tls_client_auth_san_email: sanEmail }),
    ...(selfSignedCertificates !== null && {
      jwks: { keys: selfSignedCertificates.map(keyWithCertificate) },
    }),
    ...(tlsClientCertificateBoundAccessTokens && {
      tls_client_certificate_bound_access_tokens: true,
    }),
  };
}

function keyWithCertificate(certificate: string) {
  const { publicKey } = new X509Certificate(Buffer.from(certificate, 'base64'));
  return { ...publicKey.export({ format: 'jwk' }), x5c: [certificate] };
}
