import { rawRequest, type AdapterRequest } from './adapter-request.js';

/** A segment of nothing but dots, however it is spelt, and backslashes: what one reader resolves the next may not. */
const AMBIGUOUS_PATH = /(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)|\\/i;
const ESCAPE = /%[0-9a-f]{2}/gi;
const UNRESERVED = /^[A-Za-z0-9\-._~]$/;
/** Nothing in it has another spelling. */
const PLAIN_PATH = /^[A-Za-z0-9\-._~/]+$/;

/** Set by Express and its like where a router strips a prefix. */
interface MountedMessage {
  readonly originalUrl?: unknown;
}

/**
 * The URI of a request as its sender wrote it, without query and fragment, in its normal spelling (RFC 3986 §6.2.2):
 * the path as it came under our own public origin, never under what `Host` or a forwarding header says. Null for a
 * path of which two readers could make two.
 */
export function targetUriOf(request: AdapterRequest, publicOrigin: string): string | null {
  const raw = rawRequest(request);
  const { originalUrl } = raw as MountedMessage;
  const url = typeof originalUrl === 'string' ? originalUrl : (raw.url ?? '');
  const [path = ''] = url.split(/[?#]/, 1);
  // RFC 9112 §3.2.2: the absolute form names an origin of its own, which does not count either.
  const own = path.startsWith('/') ? path : (URL.parse(path)?.pathname ?? '');
  if (!own.startsWith('/') || AMBIGUOUS_PATH.test(own)) return null;
  return PLAIN_PATH.test(own) ? publicOrigin + own : normalTargetUri(publicOrigin + own);
}

/** What a sender says it sent a request to, in the same spelling; null for what is no http(s) URI, or carries credentials. */
export function normalTargetUri(text: string): string | null {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return null;
  if (url.username !== '' || url.password !== '') return null;
  return url.origin + url.pathname.replaceAll(ESCAPE, normalEscape);
}

/** RFC 3986 §6.2.2.1, §6.2.2.2: upper case, and none where none is needed. */
function normalEscape(escape: string): string {
  const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
  return UNRESERVED.test(character) ? character : escape.toUpperCase();
}
