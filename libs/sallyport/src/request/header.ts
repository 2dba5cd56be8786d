import { SallyportError } from '../errors.js';
import { rawRequest, type AdapterRequest } from './adapter-request.js';

/** The lines of a header as they came, by its name in lower case, on HTTP/2 as on HTTP/1.1. */
export function headerLines(request: AdapterRequest, name: string): readonly string[] {
  const { rawHeaders } = rawRequest(request);
  return rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name);
}

/**
 * A header that may come once, by its name in lower case. Null when absent; throws ERR_CREDENTIAL_REPEATED when it
 * came twice: Node itself silently keeps the first of two `Authorization` lines, and a proxy may have kept the other.
 */
export function singleHeader(request: AdapterRequest, name: string): string | null {
  // Names and values by turns, every line that came. `headersDistinct` would make an object of all of them first.
  const { rawHeaders } = rawRequest(request);
  let found: string | null = null;
  let lines = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const written = rawHeaders[index];
    if (written?.length !== name.length || written.toLowerCase() !== name) continue;
    found ??= rawHeaders[index + 1] ?? '';
    lines++;
  }
  if (lines > 1) {
    throw new SallyportError('ERR_CREDENTIAL_REPEATED', {
      reason: `header ${name} came ${lines} times`,
      detail: `Send the ${name} header once.`,
    });
  }
  return found;
}
