import type { RoutePolicy } from '@sallyport/nest';

export const API_KEY = 'apiKey';
export const ACCESS_TOKEN = 'bearer';
/** An access token with proof of its key (RFC 9449). */
export const BOUND_TOKEN = 'dpop';
export const SIGNATURE = 'signature';

/** One way in: all of its schemes together. */
export type SecurityRequirement = Record<string, string[]>;

/** The ways into a route, as OpenAPI says it, read off the policy that is enforced there. Any one of them is enough. */
export function operationSecurity(policy: RoutePolicy): SecurityRequirement[] {
  if (policy.isPublic) return [];
  // OpenAPI 3.1 lets every kind of scheme name what it has to grant.
  const scopes = [...policy.scopes];
  const needsUser =
    policy.user === 'required' || (policy.roles.length > 0 && !policy.rolesOnlyWhenUser);
  const token = policy.isSenderConstrained ? BOUND_TOKEN : ACCESS_TOKEN;
  const needsToken = needsUser || policy.isSenderConstrained;
  // A signature stands for the key that signs: none is sent.
  const isSigned = policy.signature?.isRequired === true;
  if (isSigned || policy.apiKey !== 'none') {
    const own = isSigned ? SIGNATURE : API_KEY;
    return [{ [own]: scopes, ...(needsToken && { [token]: scopes }) }];
  }
  return needsToken ? [{ [token]: scopes }] : [{ [API_KEY]: scopes }, { [token]: scopes }];
}
