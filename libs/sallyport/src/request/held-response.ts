import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { SallyportError } from '../errors.js';

/** Headers to be added to a response, from its status, its headers so far and its whole body. */
export type Finish = (
  response: Pick<ServerResponse, 'statusCode' | 'getHeaders'>,
  content: Buffer,
) => Readonly<Record<string, string>>;

/**
 * Holds a response back until its body is whole, so that headers can speak of it. Both adapters end by the same calls on
 * Node's response, whatever came before; errors that a filter answers do so too.
 */
export function holdResponse(response: ServerResponse, maxBytes: number, finish: Finish): void {
  const held = new HeldBody(maxBytes);
  const own = {
    writeHead: response.writeHead.bind(response),
    write: response.write.bind(response),
    end: response.end.bind(response),
    flushHeaders: response.flushHeaders.bind(response),
  };
  response.writeHead = (status: number, ...rest: unknown[]): typeof response => {
    response.statusCode = status;
    const headers = rest.find((part) => typeof part === 'object' && part !== null);
    for (const [name, value] of headersIn(headers)) response.setHeader(name, value);
    return response;
  };
  response.flushHeaders = () => undefined;
  response.write = (chunk: unknown, encoding?: unknown, callback?: unknown): boolean => {
    // Nothing was sent yet: cut off, it cannot be taken for the whole.
    if (!held.add(chunk, encoding)) response.destroy(tooLong(maxBytes));
    const done = typeof encoding === 'function' ? encoding : callback;
    if (typeof done === 'function') process.nextTick(done, null);
    return true;
  };
  response.end = (chunk?: unknown, encoding?: unknown, callback?: unknown): typeof response => {
    if (!held.add(chunk, encoding)) return response.destroy(tooLong(maxBytes));
    Object.assign(response, own);
    const content = held.bytes();
    for (const [name, value] of Object.entries(finish(response, content))) {
      response.setHeader(name, value);
    }
    const done = [chunk, encoding, callback].find((part) => typeof part === 'function');
    return response.end(content, done as () => void);
  };
}

class HeldBody {
  private readonly chunks: Buffer[] = [];
  private length = 0;

  constructor(private readonly maxBytes: number) {}

  bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  /** False when it is too much. */
  add(chunk: unknown, encoding: unknown): boolean {
    if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) return true;
    const charset = typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8';
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, charset) : Buffer.from(chunk);
    this.length += bytes.length;
    if (this.length <= this.maxBytes) this.chunks.push(bytes);
    return this.length <= this.maxBytes;
  }
}

const tooLong = (maxBytes: number) =>
  new SallyportError('ERR_OPTIONS_INVALID', {
    reason: `a signed response may have ${maxBytes} bytes (maxSignedBodyBytes)`,
  });

/** As `writeHead` takes them: an object, or names and values by turns. */
function headersIn(headers: unknown): readonly (readonly [string, string | number | string[]])[] {
  if (!Array.isArray(headers)) {
    return Object.entries((headers ?? {}) as OutgoingHttpHeaders).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    );
  }
  const flat = headers.flat() as string[];
  return flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1] ?? ''] as const] : []));
}
