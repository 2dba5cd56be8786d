import type { SallyportError } from '../errors.js';
import type { ProblemOptions } from './problem.options.js';

/**
 * The WWW-Authenticate value for a refusal, or null where none belongs (RFC 6750 §3, RFC 9449 §7.1). A 401 names every
 * scheme that would do (RFC 9110 §11.6.1); only Bearer and DPoP have error codes.
 */
export function challengeFor(
  error: SallyportError,
  { realm, schemes, dpopAlgorithms }: ProblemOptions,
): string | null {
  const { status, oauthError, needsDpop = false } = error.problem;
  if (status !== 401 && oauthError === undefined) return null;
  const parameters = [`realm="${realm}"`];
  if (oauthError !== undefined) parameters.push(`error="${oauthError}"`);
  if (error.context.scope !== undefined) {
    parameters.push(`scope="${error.context.scope.join(' ')}"`);
  }
  const bearer = `Bearer ${parameters.join(', ')}`;
  if (status !== 401) return bearer;
  const dpop = `DPoP ${[...parameters, `algs="${dpopAlgorithms.join(' ')}"`].join(', ')}`;
  if (needsDpop) return dpop;
  return [bearer, dpop, ...schemes.map((scheme) => `${scheme} realm="${realm}"`)].join(', ');
}
