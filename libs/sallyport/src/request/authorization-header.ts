import { SallyportError } from '../errors.js';

const MAX_LENGTH = 16_384;
// RFC 9110 §11.4 and §11.2: auth-scheme, one space or more, token68. Auth-params are of no scheme that we read.
const AUTHORIZATION = /^([A-Za-z0-9!#$%&'*+.^_`|~-]{1,32}) +([A-Za-z0-9\-._~+/]+=*)$/;

export interface AuthorizationHeader {
  /** Lower case: schemes are compared without regard to case (RFC 9110 §11.1). */
  readonly scheme: string;
  readonly token68: string;
}

/** Throws ERR_CREDENTIAL_MALFORMED for anything else than one scheme and one token68. */
export function parseAuthorizationHeader(value: string): AuthorizationHeader {
  const match = value.length > MAX_LENGTH ? null : AUTHORIZATION.exec(value);
  if (match?.[1] === undefined || match[2] === undefined) {
    throw new SallyportError('ERR_CREDENTIAL_MALFORMED', {
      reason: `Authorization header of ${value.length} characters is not "scheme token"`,
      detail: 'Send "Authorization: Bearer <access token>" or "X-API-Key: <API key>".',
    });
  }
  return { scheme: match[1].toLowerCase(), token68: match[2] };
}
