import type { IncomingMessage } from 'node:http';

/**
 * Whether nothing that the browser says of a form's sender (Fetch §3.2, Fetch Metadata) speaks against our own page.
 * Clients that say nothing pass: their forms carry a token all the same.
 */
export function mayBeFromOwnPage(
  { headersDistinct }: Pick<IncomingMessage, 'headersDistinct'>,
  ownOrigin: string,
): boolean {
  const { origin: origins = [], 'sec-fetch-site': sites = [] } = headersDistinct;
  if (origins.length > 1 || sites.length > 1) return false;
  const [site] = sites;
  // `none`: the user did it, as by reloading the answer.
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  const [origin = ownOrigin] = origins;
  // Under our `Referrer-Policy: no-referrer` a browser writes `null` for our own origin too, as for a sandboxed frame.
  return origin === 'null' ? site === 'same-origin' : origin === ownOrigin;
}
