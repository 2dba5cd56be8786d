const MAX_LENGTH = 2_048;

/**
 * RFC 6749 §3.1.2, RFC 8252 §7: https, a private-use scheme with a dot in it, or http on a loopback address. Only in the
 * spelling that a URL parser leaves as it is, so that no two readers see different hosts in it.
 */
export function isRedirectUri(text: string): boolean {
  const url = parseNormal(text);
  if (url === null || /[#*]/.test(text)) return false;
  if (url.protocol === 'https:' || isLoopbackHttp(url)) return true;
  return /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/.test(url.protocol);
}

/**
 * RFC 8707 §2: an absolute URI without fragment. Also one that locates nothing, such as a URN. Compared letter by
 * letter, so only what RFC 3986 lets a URI consist of, and no wildcard.
 */
export const isResourceIndicator = (text: string): boolean =>
  parseNormal(text) !== null && /^[\w.~!$&'()+,;=:@/?%[\]-]+$/.test(text);

/** RFC 6454 §6.2, of a place where a browser runs an app: https, or http on loopback. */
export function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  return (
    url?.origin === text &&
    !text.includes('*') &&
    (url.protocol === 'https:' || isLoopbackHttp(url))
  );
}

/** Where keys may be fetched from: https, or http on loopback, which only development follows. */
export function isKeysUri(text: unknown): boolean {
  const url = typeof text === 'string' && !text.includes('#') ? parseNormal(text) : null;
  return url !== null && (url.protocol === 'https:' || isLoopbackHttp(url));
}

function parseNormal(text: string): URL | null {
  const url = text.length > MAX_LENGTH ? null : URL.parse(text);
  if (url?.username !== '' || url.password !== '') return null;
  return url.href === text || url.href === `${text}/` ? url : null;
}

const isLoopbackHttp = ({ protocol, hostname }: URL): boolean =>
  protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
