import type { SallyportError } from '../errors.js';
import { rawRequest, type AdapterRequest } from '../request/adapter-request.js';
import type { ProblemOptions } from './problem.options.js';

/** The schemes under which access tokens are sent: only they have error codes. */
export type TokenScheme = 'Bearer' | 'DPoP';

/** Under which of them the request was sent, whatever followed; null for neither. */
export function tokenSchemeOf(request: AdapterRequest): TokenScheme | null {
  const [, scheme] =
    /^(bearer|dpop)(?: |$)/i.exec(rawRequest(request).headers.authorization ?? '') ?? [];
  if (scheme === undefined) return null;
  return scheme.length === 'DPoP'.length ? 'DPoP' : 'Bearer';
}

/**
 * The WWW-Authenticate value for a refusal, or null where none belongs (RFC 6750 §3, RFC 9449 §7.1). A 401 names every
 * scheme that would do (RFC 9110 §11.6.1), and tells the error under the one by which the token was sent (RFC 9449 §7.2).
 */
export function challengeFor(
  error: SallyportError,
  { realm, schemes, dpopAlgorithms }: ProblemOptions,
  sentAs: TokenScheme | null,
): string | null {
  const { status, oauthError, needsDpop = false } = error.problem;
  if (status !== 401 && oauthError === undefined) return null;
  const flaw: string[] = [];
  if (oauthError !== undefined) flaw.push(`error="${oauthError}"`);
  if (error.context.scope !== undefined) flaw.push(`scope="${error.context.scope.join(' ')}"`);
  const scheme = (name: string, ...parameters: readonly string[]): string =>
    `${name} ${[`realm="${realm}"`, ...parameters].join(', ')}`;
  const algorithms = `algs="${dpopAlgorithms.join(' ')}"`;
  // Where a proof is wrong or demanded, no bearer token would do; and whoever is told of Bearer may send a bound one so (§7.2).
  const isOfDpop = needsDpop || (status !== 401 && sentAs === 'DPoP');
  if (isOfDpop) return scheme('DPoP', ...flaw, algorithms);
  if (status !== 401) return scheme('Bearer', ...flaw);
  return [
    scheme('Bearer', ...(sentAs === 'DPoP' ? [] : flaw)),
    scheme('DPoP', ...(sentAs === 'Bearer' ? [] : flaw), algorithms),
    ...schemes.map((name) => scheme(name)),
  ].join(', ');
}
