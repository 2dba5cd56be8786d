/** Throws a TypeError for a URL to which no secret may be sent: other than https, except on this machine. */
export function secureUrl(text: string, name: string): URL {
  const url = new URL(text);
  const isHere = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isHere)) return url;
  throw new TypeError(`${name} must be https`);
}

/** Of an API: scheme, host and port, and nothing that would be ignored. */
export function secureOrigin(text: string): string {
  const { origin, href } = secureUrl(text, 'origin');
  if (href !== `${origin}/`) throw new TypeError('origin must have no path: paths go to fetch');
  return origin;
}
