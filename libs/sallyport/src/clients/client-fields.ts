import { readCertificates, readTlsClientAuth } from './client-certificates.js';
import { readClientKeys } from './client-keys.js';
import type { Client } from './client.js';

/** What of a client can be given and changed. */
export type ClientFields = Pick<
  Client,
  | 'name'
  | 'isThirdParty'
  | 'scope'
  | 'grantTypes'
  | 'redirectUris'
  | 'postLogoutRedirectUris'
  | 'resources'
  | 'jwks'
  | 'jwksUri'
  | 'accessTokenSeconds'
  | 'refreshGrace'
  | 'requiresPushedRequests'
  | 'dpopBoundAccessTokens'
  | 'tlsClientAuth'
  | 'selfSignedCertificates'
  | 'tlsClientCertificateBoundAccessTokens'
  | 'origins'
  | 'plan'
  | 'userAgent'
>;

/**
 * The fields that may be given, and no other that the object may carry. Throws ERR_INPUT_INVALID for keys and
 * certificates that cannot be read.
 */
export function fieldsIn(given: Partial<ClientFields>): Partial<ClientFields> {
  const { name, isThirdParty, scope, grantTypes, origins, plan, userAgent } = given;
  const { redirectUris, postLogoutRedirectUris, resources, jwks, jwksUri } = given;
  const { accessTokenSeconds, refreshGrace, requiresPushedRequests, dpopBoundAccessTokens } = given;
  return {
    ...(name !== undefined && { name }),
    ...(isThirdParty !== undefined && { isThirdParty }),
    ...(scope !== undefined && { scope: [...scope] }),
    ...(grantTypes !== undefined && { grantTypes: [...grantTypes] }),
    ...(redirectUris !== undefined && { redirectUris: [...redirectUris] }),
    ...(postLogoutRedirectUris !== undefined && {
      postLogoutRedirectUris: [...postLogoutRedirectUris],
    }),
    ...(resources !== undefined && { resources: [...resources] }),
    ...(jwks !== undefined && { jwks: jwks && readClientKeys(jwks) }),
    ...(jwksUri !== undefined && { jwksUri }),
    ...(accessTokenSeconds !== undefined && { accessTokenSeconds }),
    ...(refreshGrace !== undefined && { refreshGrace }),
    ...(requiresPushedRequests !== undefined && { requiresPushedRequests }),
    ...(dpopBoundAccessTokens !== undefined && { dpopBoundAccessTokens }),
    ...certificateFieldsIn(given),
    ...(origins !== undefined && { origins: [...origins] }),
    ...(plan !== undefined && { plan }),
    ...(userAgent !== undefined && { userAgent: userAgent && { ...userAgent } }),
  };
}

function certificateFieldsIn(given: Partial<ClientFields>): Partial<ClientFields> {
  const { tlsClientAuth, selfSignedCertificates, tlsClientCertificateBoundAccessTokens } = given;
  return {
    ...(tlsClientAuth !== undefined && {
      tlsClientAuth: tlsClientAuth && readTlsClientAuth(tlsClientAuth),
    }),
    ...(selfSignedCertificates !== undefined && {
      selfSignedCertificates: selfSignedCertificates && readCertificates(selfSignedCertificates),
    }),
    ...(tlsClientCertificateBoundAccessTokens !== undefined && {
      tlsClientCertificateBoundAccessTokens,
    }),
  };
}
