import type { IncomingMessage } from 'node:http';

/** Express writes it; nobody else may. */
type AddressedRequest = IncomingMessage & { originalUrl?: string; baseUrl?: string };

/** What senders and proxies may write, and the engine must not read. */
const FORWARDING = ['forwarded', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-server'];

/**
 * Makes the request look as if it had come straight to the issuer's URL, whatever `Host` it names and whichever proxy
 * rewrote its path: the engine then builds our URLs from what we are configured to be, and from nothing else.
 */
export function addressToIssuer(
  raw: IncomingMessage,
  issuer: URL,
  path: string,
  sender: string,
): void {
  const request: AddressedRequest = raw;
  const base = issuer.pathname.replace(/\/$/, '');
  request.url = path;
  request.originalUrl = `${base}${path}`;
  request.baseUrl = base;
  const { headers } = raw;
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- names of headers
  for (const name of FORWARDING) delete headers[name];
  headers.host = issuer.host;
  headers['x-forwarded-proto'] = issuer.protocol.replace(':', '');
  headers['x-forwarded-for'] = sender;
}

/** The path of the engine's endpoint, with the query: what stands behind the first `/oauth`. */
export function enginePath(url: string): string {
  const [path = ''] = url.split('?', 1);
  const query = url.slice(path.length);
  const start = path.toLowerCase().indexOf('/oauth/');
  // A final slash means nothing on either adapter.
  const rest = start < 0 ? '/' : path.slice(start + '/oauth'.length).replace(/(.)\/+$/, '$1');
  return `${rest}${query}`;
}
