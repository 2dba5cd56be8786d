import type { ClientMetadata } from 'oidc-provider';
import type { Client } from '../../clients/client.js';

/** A member of ours in the engine's client metadata: origins of browsers that may call for it. */
export const ORIGINS = 'sallyport_origins';

/** How a client proves that it is itself (RFC 8414 §2, `token_endpoint_auth_methods_supported`). */
function authenticationOf({ type, jwks }: Client): ClientMetadata['token_endpoint_auth_method'] {
  if (type === 'public') return 'none';
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
  };
}
