import type { IncomingMessage } from 'node:http';
import { SallyportError } from '../errors.js';
import { rawRequest, type AdapterRequest } from './adapter-request.js';

/**
 * A header that may come once. Null when absent; throws ERR_CREDENTIAL_REPEATED when it came twice:
 * Node itself silently keeps the first of two `Authorization` lines, and a proxy may have kept the other.
 */
export function singleHeader(request: AdapterRequest, name: string): string | null {
  const raw = rawRequest(request);
  // HTTP/2 and in-process transports have no `headersDistinct`; HTTP/2, too, keeps the first of two in `headers`.
  const distinct = (raw as Partial<typeof raw>).headersDistinct;
  const values = distinct === undefined ? linesOf(raw, name) : (distinct[name] ?? []);
  if (values.length > 1) {
    throw new SallyportError('ERR_CREDENTIAL_REPEATED', {
      reason: `header ${name} came ${values.length} times`,
      detail: `Send the ${name} header once.`,
    });
  }
  return values[0] ?? null;
}

/** `rawHeaders` holds names and values by turns, every line that came. */
const linesOf = ({ rawHeaders }: IncomingMessage, name: string): readonly string[] =>
  rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
