import type { Claims } from '../../principals/caller.js';
import type { MappedClaims } from './trusted-issuer.js';

/**
 * The claims of RFC 9068 §2.2. A token is a user's only if `sub_type` says so; in a client's own
 * token `sub` is the client itself. What is neither is refused: it must not pass for a client's.
 */
export function mapRfc9068Claims(claims: Claims): MappedClaims | null {
  const { client_id: clientId, sub, sub_type: subjectType, scope = '', roles } = claims;
  if (typeof clientId !== 'string' || typeof sub !== 'string' || typeof scope !== 'string') {
    return null;
  }
  const isUser = subjectType === 'user';
  if (isUser === (sub === clientId)) return null;
  return {
    clientId,
    subject: isUser ? sub : null,
    scope: splitScope(scope),
    ...(roles !== undefined && { roles: roles as readonly string[] }),
  };
}

/**
 * The same for an issuer that is not ours, without its `roles`: what they mean here is for the host to say, in
 * `mapClaims`. Until then the role grants we keep decide.
 */
export function mapForeignClaims(claims: Claims): MappedClaims | null {
  const mapped = mapRfc9068Claims(claims);
  if (mapped === null) return null;
  const { roles: _theirs, ...withoutRoles } = mapped;
  return withoutRoles;
}

/** RFC 6749 §3.3: one space between tokens. Some issuers write an empty scope where they mean none. */
export const splitScope = (scope: string): readonly string[] =>
  scope === '' ? [] : scope.split(' ');
