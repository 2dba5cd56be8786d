import { errors } from 'oidc-provider';
import { SallyportError } from '../../errors.js';

/** Until then nobody should come back. */
export const RETRY_AFTER_SECONDS = 1;

/**
 * RFC 6749 §5.2 knows no code for it; RFC 6749 §4.1.2.1 calls it so. Exposed, or the engine would answer 500 and
 * `server_error`.
 */
const temporarilyUnavailable = (cause: SallyportError): errors.OIDCProviderError =>
  Object.assign(new errors.OIDCProviderError(503, 'temporarily_unavailable', { cause }), {
    expose: true,
    error_description: 'try again later; nothing was changed',
  });

/** Runs what asks our stores, so that the engine answers their absence with 503, and what none of them can keep with 400. */
export async function answering<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw engineErrorOf(error);
  }
}

export function engineErrorOf(error: unknown): unknown {
  if (!(error instanceof SallyportError)) return error;
  if (error.problem.status === 503) return temporarilyUnavailable(error);
  if (error.code !== 'ERR_INPUT_INVALID') return error;
  return new errors.InvalidRequest('a parameter holds what cannot be kept', 400, { cause: error });
}
