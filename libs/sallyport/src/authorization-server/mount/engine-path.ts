import type { ApplicationConfig } from '@nestjs/core';

/** What a path must have in it to be one of ours, or to be read more closely: nearly every other one is told by it. */
const SUSPECT = /%|oauth\//i;

/** How nearly all of ours are written. */
const PLAIN = /^\/oauth(?:\/[\w.-]+)+(?:\?[^#]*)?$/;

/**
 * What a request under `/oauth` asks of the engine: the path behind it, with the query. Null for any other request.
 * Reads a target as routers do: absolute too (RFC 9112 §3.2.2), percent-encoded (RFC 3986 §6.2.2.2), in any case,
 * and under the host's global prefix or excluded from it.
 */
export function enginePath(
  url: string,
  config: Pick<ApplicationConfig, 'getGlobalPrefix'>,
): string | null {
  if (!SUSPECT.test(url)) return null;
  if (PLAIN.test(url) && config.getGlobalPrefix() === '') return url.slice('/oauth'.length);
  const [target = ''] = url.replace(/^https?:\/\/[^/?#]*/i, '').split('#', 1);
  const [written = ''] = target.split('?', 1);
  const path = decoded(written);
  const prefix = config
    .getGlobalPrefix()
    .replace(/^\/?(?=.)/, '/')
    .replace(/\/$/, '');
  const mount = [`${prefix}/oauth/`, '/oauth/'].find((start) =>
    path.toLowerCase().startsWith(start.toLowerCase()),
  );
  if (mount === undefined) return null;
  // A final slash means nothing to Express.
  const rest = path.slice(mount.length - 1).replace(/(.)\/+$/, '$1');
  return `${rest}${target.slice(written.length)}`;
}

function decoded(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path; // no router finds it
  }
}
