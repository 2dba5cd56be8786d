import { SallyportError } from '../errors.js';

const NAMES = /[?&](?:access_token|api[-_]?key|x-api-key|client_secret|authorization)=/i;

/** A query, or what may spell the `_` of a key: most URLs have neither, and are done with one look. */
const MAY_HOLD_ONE = /[?%_]/;

/**
 * Refuses credentials in the query (RFC 6750 §2.3, OAuth 2.1): URLs end up in logs, histories and referrers.
 * Finds the customary names, and our own keys under any name or in the path. Throws ERR_CREDENTIAL_IN_URL.
 */
export function refuseCredentialsInUrl(url: string, apiKeyPattern: RegExp): void {
  if (!MAY_HOLD_ONE.test(url)) return;
  const text = url.replaceAll(/%5f/gi, '_').replaceAll(/%2d/gi, '-');
  if (NAMES.test(text) || apiKeyPattern.test(text)) {
    throw new SallyportError('ERR_CREDENTIAL_IN_URL', {
      reason: 'a credential came in the URL',
      detail:
        'Send credentials in the Authorization or X-API-Key header. One that was in a URL may be in logs by now: rotate it.',
    });
  }
}
