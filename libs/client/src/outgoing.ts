import { bodyOf, type Body } from './body.js';
import { ClientError } from './client-error.js';

/** A request in a form that can be signed, and sent again. */
export interface Outgoing {
  readonly url: URL;
  readonly method: string;
  /** The caller's: credentials are added for each attempt. */
  readonly headers: Headers;
  readonly body: Body;
  /** What else the caller said: signal, cache, credentials … */
  readonly init: RequestInit;
}

/** What `fetch` would make of these; rejects with ERR_OTHER_ORIGIN for a URL elsewhere. */
export async function outgoingOf(
  origin: string,
  input: string | URL | Request,
  init: RequestInit,
): Promise<Outgoing> {
  const url = new URL(input instanceof Request ? input.url : input, origin);
  if (url.origin !== origin) {
    throw new ClientError('ERR_OTHER_ORIGIN', `this client calls ${origin} only`);
  }
  if (input instanceof Request) return outgoingRequest(url, new Request(input, init));
  init.signal?.throwIfAborted();
  const body = await bodyOf(init.body);
  const headers = new Headers(init.headers);
  if (body.kind === 'bytes' && body.type !== null && !headers.has('content-type')) {
    headers.set('content-type', body.type);
  }
  return { url, method: (init.method ?? 'GET').toUpperCase(), headers, body, init };
}

/** Read as a whole: a Request does not tell whether its body was a stream. */
async function outgoingRequest(url: URL, request: Request): Promise<Outgoing> {
  const { method, headers, signal } = request;
  const { cache, credentials, integrity, keepalive, mode, referrer, referrerPolicy } = request;
  signal.throwIfAborted();
  const bytes = new Uint8Array(await request.arrayBuffer());
  const rest = { cache, credentials, integrity, keepalive, mode, referrer, referrerPolicy };
  return {
    ...{ url, method: method.toUpperCase(), headers },
    body: bytes.length === 0 ? { kind: 'none' } : { kind: 'bytes', bytes, type: null },
    init: { ...rest, signal },
  };
}
