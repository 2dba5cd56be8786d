import type { Claims } from '../../principals/caller.js';
import { splitScope } from './rfc9068-claims.js';
import { isObject } from '../../strict-json.js';
import type { MappedClaims, TrustedIssuer } from './trusted-issuer.js';

export type IssuerPreset = Pick<TrustedIssuer, 'issuer' | 'audience' | 'clients'> &
  Partial<Pick<TrustedIssuer, 'algorithms' | 'jwksUri' | 'jwks'>>;

export interface Auth0Preset extends IssuerPreset {
  /** Namespaced claim that an Action writes roles to. @default none: the role grants we keep decide */
  readonly rolesClaim?: string;
}

/**
 * A Keycloak realm, `https://host/realms/name`. Client is `azp`; roles are those of the realm and of that
 * client. The token of a service account is the client's own.
 */
export function keycloak(preset: IssuerPreset): TrustedIssuer {
  return {
    ...withKeys(preset, `${preset.issuer}/protocol/openid-connect/certs`),
    acceptTyp: ['at+jwt', 'JWT'],
    // Keycloak writes what a token is into its claims: Bearer, ID, Refresh, Logout.
    isAccessToken: (claims) => claims.typ === 'Bearer',
    mapClaims: mapKeycloakClaims,
  };
}

/** An Auth0 tenant, `https://tenant.auth0.com/` with the slash, in either of its token profiles. */
export function auth0({ rolesClaim, ...preset }: Auth0Preset): TrustedIssuer {
  return {
    ...withKeys(preset, `${preset.issuer}.well-known/jwks.json`),
    acceptTyp: ['at+jwt', 'JWT'],
    isAccessToken: isAuth0AccessToken,
    mapClaims: (claims) => mapAuth0Claims(claims, rolesClaim),
  };
}

function withKeys(preset: IssuerPreset, jwksUri: string) {
  const keys = preset.jwks === undefined && preset.jwksUri === undefined ? { jwksUri } : {};
  return { algorithms: ['RS256'] as const, ...keys, ...preset };
}

function mapKeycloakClaims(claims: Claims): MappedClaims | null {
  const { azp, sub, scope = '', client_id: serviceClient, preferred_username: username } = claims;
  if (typeof azp !== 'string' || typeof sub !== 'string' || typeof scope !== 'string') return null;
  // Both marks are Keycloak's own: the claim comes with the client credentials grant only, the name is reserved with the account.
  const isServiceAccount =
    serviceClient === azp && username === `service-account-${azp.toLowerCase()}`;
  const access = claims.resource_access;
  return {
    clientId: azp,
    subject: isServiceAccount ? null : sub,
    scope: splitScope(scope),
    roles: [
      ...rolesIn(claims.realm_access),
      ...rolesIn(isObject(access) && Object.hasOwn(access, azp) ? access[azp] : undefined),
    ],
  };
}

const rolesIn = (access: unknown): readonly string[] =>
  isObject(access) && Array.isArray(access.roles) ? (access.roles as string[]) : [];

/** Claims of ID and logout tokens (OpenID Connect Core §2, §3.3.2.11). */
const FOREIGN_TO_ACCESS_TOKENS = ['nonce', 'at_hash', 'c_hash', 's_hash', 'events'];

function isAuth0AccessToken(claims: Claims): boolean {
  const isGranted = typeof claims.scope === 'string' || Array.isArray(claims.permissions);
  return isGranted && !FOREIGN_TO_ACCESS_TOKENS.some((name) => name in claims);
}

function mapAuth0Claims(claims: Claims, rolesClaim: string | undefined): MappedClaims | null {
  const { azp, client_id: clientId = azp, sub, scope, permissions, gty } = claims;
  if (typeof clientId !== 'string' || typeof sub !== 'string') return null;

  // No user's subject ends so: they are `connection|id`.
  const isClients = sub === `${clientId}@clients`;
  if (gty === 'client-credentials' && !isClients) return null;
  const roles = rolesClaim === undefined ? undefined : (claims[rolesClaim] ?? []);
  return {
    clientId,
    subject: isClients ? null : sub,
    scope: typeof scope === 'string' ? splitScope(scope) : (permissions as string[]),
    ...(roles !== undefined && { roles: roles as string[] }),
  };
}
