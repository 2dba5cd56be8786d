import type { IncomingMessage } from 'node:http';
import { framesFollow } from '../../request/adapter-request.js';

/** Express writes it; nobody else may. */
type AddressedRequest = IncomingMessage & { originalUrl?: string; baseUrl?: string };

/** What senders and proxies may write, and the engine must not read: on HTTP/2 it takes `:authority` before `Host`. */
const FORWARDING = [
  ...['forwarded', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-server'],
  ':authority',
];

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
  // It knows a body by its headers alone, and HTTP/2 needs none for it.
  if (framesFollow(raw) === true && headers['content-length'] === undefined) {
    headers['transfer-encoding'] = 'chunked';
  }
  headers['x-forwarded-proto'] = issuer.protocol.replace(':', '');
  headers['x-forwarded-for'] = sender;
}
