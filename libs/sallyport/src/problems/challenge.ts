import type { SallyportError } from '../errors.js';

/**
 * The WWW-Authenticate value for a refusal, or null where none belongs (RFC 6750 §3). A 401 names every scheme
 * that would do (RFC 9110 §11.6.1); only Bearer has error codes.
 */
export function challengeFor(
  error: SallyportError,
  realm: string,
  schemes: readonly string[],
): string | null {
  const { status, oauthError } = error.problem;
  if (status !== 401 && oauthError === undefined) return null;
  const parameters = [`realm="${realm}"`];
  if (oauthError !== undefined) parameters.push(`error="${oauthError}"`);
  if (error.context.scope !== undefined) {
    parameters.push(`scope="${error.context.scope.join(' ')}"`);
  }
  const bearer = `Bearer ${parameters.join(', ')}`;
  if (status !== 401) return bearer;
  return [bearer, ...schemes.map((scheme) => `${scheme} realm="${realm}"`)].join(', ');
}
