import { SallyportError } from '../errors.js';
import type { AdapterRequest } from '../request/adapter-request.js';
import { parseAuthorizationHeader } from '../request/authorization-header.js';
import { singleHeader } from '../request/header.js';
import type { Credential } from './credential.js';
import { dpopHeader, refuseStrayProof } from './dpop/dpop-header.js';

const MAX_API_KEY_LENGTH = 512;
const BEARER = 'Bearer ';

/**
 * Reads the credentials of a request without believing them: `Authorization` as Bearer (RFC 6750 §2.1; the form
 * and query methods of §2.2 and §2.3 are deliberately not read), DPoP with its proof (RFC 9449 §7.1), ApiKey or Basic
 * (RFC 7617), and `X-API-Key`. Throws ERR_CREDENTIAL_MALFORMED, _REPEATED or _UNSUPPORTED for what is there and cannot
 * be read, ERR_DPOP_PROOF_INVALID for DPoP without a proof and for a proof without DPoP; what follows `Bearer ` is any
 * text, for the verifier to read.
 */
export function extractCredentials(
  request: AdapterRequest,
  { basic }: { readonly basic: boolean },
): readonly Credential[] {
  const credentials: Credential[] = [];
  const authorization = singleHeader(request, 'authorization');
  if (authorization !== null) credentials.push(fromAuthorization(authorization, basic, request));
  const apiKey = singleHeader(request, 'x-api-key');
  if (apiKey !== null) credentials.push(fromApiKeyHeader(apiKey));
  if (credentials.length === 2 && credentials.every(({ kind }) => kind === 'api-key')) {
    throw new SallyportError('ERR_CREDENTIAL_REPEATED', {
      reason: 'an API key in Authorization and another in X-API-Key',
      detail: 'Send one API key, in one header.',
    });
  }
  // A token, under whichever scheme, comes first.
  if (credentials[0]?.kind !== 'dpop-access-token') refuseStrayProof(request);
  return credentials;
}

function fromAuthorization(value: string, basic: boolean, request: AdapterRequest): Credential {
  // As nearly everyone writes it. Whether the rest is token68 the verifier asks, and of a token that it knows it need not.
  if (value.startsWith(BEARER) && value.charAt(BEARER.length) !== ' ') {
    return { kind: 'access-token', text: value.slice(BEARER.length) };
  }
  const { scheme, token68 } = parseAuthorizationHeader(value);
  if (scheme === 'bearer') return { kind: 'access-token', text: token68 };
  if (scheme === 'dpop') {
    return { kind: 'dpop-access-token', text: token68, proof: dpopHeader(request) };
  }
  if (scheme === 'apikey') return { kind: 'api-key', text: token68 };
  if (scheme === 'basic' && basic) return fromBasic(token68);
  // It cannot be verified, and what does not verify spoils the request, whatever else it carries.
  throw new SallyportError('ERR_CREDENTIAL_UNSUPPORTED', {
    reason: `Authorization scheme ${scheme} is not accepted here`,
  });
}

function fromApiKeyHeader(text: string): Credential {
  if (!/^[\x21-\x7e]+$/.test(text) || text.length > MAX_API_KEY_LENGTH) {
    throw malformed(`X-API-Key of ${text.length.toString()} characters is not a key`);
  }
  return { kind: 'api-key', text };
}

/** RFC 7617 §2: base64 of `user-id:password`; RFC 6749 §2.3.1 puts client id and secret there. */
function fromBasic(token68: string): Credential {
  const bytes = Buffer.from(token68, 'base64');
  if (bytes.toString('base64') !== token68) throw malformed('Basic credentials are not base64');
  const text = bytes.toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 1 || /\p{Cc}/u.test(text)) throw malformed('Basic credentials are not id:secret');
  return { kind: 'client-secret', clientId: text.slice(0, colon), secret: text.slice(colon + 1) };
}

const malformed = (reason: string) => new SallyportError('ERR_CREDENTIAL_MALFORMED', { reason });
