import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import { SallyportError } from '../errors.js';
import { isPromise, type MaybePromise } from '../maybe-promise.js';

/** What is done to a response, in this order, whatever asked for it first: what is signed is what is sent. */
const STEPS = ['encrypt', 'sign'] as const;
export type Step = (typeof STEPS)[number];

/** Sets headers of a response that nothing was sent of, and answers the content that is to go out with them. */
export type Finish = (response: ServerResponse, content: Buffer) => MaybePromise<Buffer>;

/** Where a response carries what is done to it. */
const HELD = Symbol('sallyport:held-response');

type Holdable = ServerResponse & { [HELD]?: Map<Step, Finish> };

/**
 * Holds a response back until its body is whole, so that headers can speak of it and it can be made another. Both adapters
 * end by the same calls on Node's response, whatever came before; errors that a filter answers do so too.
 */
export function holdResponse(
  response: Holdable,
  maxBytes: number,
  step: Step,
  finish: Finish,
): void {
  const steps = response[HELD];
  if (steps !== undefined) {
    steps.set(step, finish);
    return;
  }
  response[HELD] = new Map([[step, finish]]);
  hold(response, maxBytes, (content) => finished(response, content));
}

function finished(response: Holdable, content: Buffer): MaybePromise<Buffer> {
  let result: MaybePromise<Buffer> = content;
  for (const step of STEPS) {
    const finish = response[HELD]?.get(step);
    if (finish === undefined) continue;
    result = isPromise(result)
      ? result.then((so) => finish(response, so))
      : finish(response, result);
  }
  return result;
}

function hold(
  response: ServerResponse,
  maxBytes: number,
  finish: (content: Buffer) => MaybePromise<Buffer>,
): void {
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
    const done = [chunk, encoding, callback].find((part) => typeof part === 'function');
    const release = (content: Buffer): typeof response => {
      Object.assign(response, own);
      return response.end(content, done as () => void);
    };
    const content = finish(held.bytes());
    if (!isPromise(content)) return release(content);
    pretendEnded(response, true);
    // Of two answers the first counts, as always.
    response.write = () => false;
    response.end = () => response;
    content
      .finally(() => {
        pretendEnded(response, false);
      })
      .then(release)
      .catch((error: unknown) => {
        new Logger('Sallyport').error(error);
        response.destroy();
      });
    return response;
  };
}

/** What Node says of a response from `end` on; adapters take one for unanswered that does not say so, and answer again. */
function pretendEnded(response: ServerResponse, isEnded: boolean): void {
  for (const name of ['writableEnded', 'headersSent'] as const) {
    if (isEnded) Object.defineProperty(response, name, { value: true, configurable: true });
    else Reflect.deleteProperty(response, name);
  }
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
    reason: `a signed or encrypted response may have ${maxBytes} bytes (maxSignedBodyBytes)`,
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
