import type { RoutePolicy } from '@sallyport/nest';

export const API_KEY = 'apiKey';
export const ACCESS_TOKEN = 'bearer';

/** One way in: all of its schemes together. */
export type SecurityRequirement = Record<string, string[]>;

/** The ways into a route, as OpenAPI says it, read off the policy that is enforced there. Any one of them is enough. */
export function operationSecurity(policy: RoutePolicy): SecurityRequirement[] {
  if (policy.isPublic) return [];
  // OpenAPI 3.1 lets every kind of scheme name what it has to grant.
  const scopes = [...policy.scopes];
  const needsUser =
    policy.user === 'required' || (policy.roles.length > 0 && !policy.rolesOnlyWhenUser);
  if (policy.apiKey !== 'none') {
    return [{ [API_KEY]: scopes, ...(needsUser && { [ACCESS_TOKEN]: scopes }) }];
  }
  return needsUser
    ? [{ [ACCESS_TOKEN]: scopes }]
    : [{ [API_KEY]: scopes }, { [ACCESS_TOKEN]: scopes }];
}
