import type { AdapterRequest } from '../../request/adapter-request.js';
import { headerLines } from '../../request/header.js';

/**
 * Whether nothing that the browser says of a form's sender (Fetch §3.2, Fetch Metadata) speaks against our own page.
 * Clients that say nothing pass: their forms carry a token all the same.
 */
export function mayBeFromOwnPage(request: AdapterRequest, ownOrigin: string): boolean {
  const origins = headerLines(request, 'origin');
  const sites = headerLines(request, 'sec-fetch-site');
  if (origins.length > 1 || sites.length > 1) return false;
  const [site] = sites;
  // `none`: the user did it, as by reloading the answer.
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  const [origin = ownOrigin] = origins;
  // Under our `Referrer-Policy: no-referrer` a browser writes `null` for our own origin too, as for a sandboxed frame.
  return origin === 'null' ? site === 'same-origin' : origin === ownOrigin;
}
