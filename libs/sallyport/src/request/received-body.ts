import type { IncomingMessage, Server } from 'node:http';
import type { HttpAdapterHost } from '@nestjs/core';
import { isJose } from '../encryption/media-types.js';
import { SallyportError } from '../errors.js';
import type { MaybePromise } from '../maybe-promise.js';
import { AWS4 } from '../signatures/aws4.js';

/** Where a request carries the bytes of its body. */
const RECEIVED = Symbol('sallyport:received-body');

interface Received extends IncomingMessage {
  [RECEIVED]?: ReceivedBody | undefined;
}

interface FastifyLike {
  addHook(
    name: 'onRequest',
    hook: (request: { readonly raw: IncomingMessage }, reply: unknown, done: () => void) => void,
  ): unknown;
}

/**
 * The bytes of a body as they came, compressed or in chunks, while parsers and streams read it as always: whatever the
 * connection pushes into the request is noted on the way.
 */
export class ReceivedBody {
  private chunks: Buffer[] = [];
  private length = 0;
  private isWhole = false;
  private isForgotten = false;
  private readonly ended = Promise.withResolvers<null>();
  private begin = (): unknown => null;

  private constructor(private readonly maxBytes: number) {}

  /** Begins to note them: before the first can have come, and only once. */
  static keep(raw: Received, maxBytes: number): void {
    raw[RECEIVED] ??= new ReceivedBody(maxBytes).follow(raw);
  }

  /** Null where nothing was noted, or it was let go of. */
  static of(raw: Received): ReceivedBody | null {
    const received = raw[RECEIVED];
    return received === undefined || received.isForgotten ? null : received;
  }

  /** Lets go of them, once it is known that nobody will ask, and notes no more. */
  static forget(raw: Received): void {
    const received = raw[RECEIVED];
    if (received === undefined) return;
    received.isForgotten = true;
    received.chunks = [];
  }

  /** All of them, at once or when the last one has come. Rejects with ERR_BODY_TOO_LARGE, or ERR_SIGNATURE_MALFORMED when they broke off. */
  bytes(): MaybePromise<Buffer> {
    this.begin();
    return this.isWhole ? this.joined() : this.ended.promise.then(() => this.joined());
  }

  private joined(): Buffer {
    return this.chunks.length === 1
      ? (this.chunks[0] ?? Buffer.alloc(0))
      : Buffer.concat(this.chunks);
  }

  private follow(raw: IncomingMessage): this {
    this.ended.promise.catch(() => undefined); // perhaps nobody will ask
    // HTTP/2 hands over nothing before somebody reads, and a handler that does comes after the guard.
    if (raw.httpVersionMajor >= 2) this.begin = () => raw.read(0);
    const push = raw.push.bind(raw);
    raw.push = (chunk: Buffer | string | null, encoding?: BufferEncoding): boolean => {
      const wantsMore = push(chunk, encoding);
      // Until a guard has seen the last byte nobody may read: without our word the sender would be held back for ever.
      return this.note(chunk, encoding) || wantsMore;
    };
    raw.once('close', () => {
      const reason = 'the request ended before its body';
      this.ended.reject(new SallyportError('ERR_SIGNATURE_MALFORMED', { reason }));
    });
    return this;
  }

  /** Whether more is wanted. */
  private note(chunk: Buffer | string | null, encoding?: BufferEncoding): boolean {
    if (this.isForgotten) return false;
    if (chunk === null) {
      this.isWhole = this.length <= this.maxBytes;
      this.ended.resolve(null);
      return false;
    }
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
    this.length += bytes.length;
    if (this.length <= this.maxBytes) {
      this.chunks.push(bytes);
      return true;
    }
    this.chunks = [];
    const detail = `A signed body may have ${this.maxBytes} bytes.`;
    this.ended.reject(new SallyportError('ERR_BODY_TOO_LARGE', { detail }));
    return false;
  }
}

export interface KeptBodies {
  readonly maxBytes: number;
  /** Of bodies in `application/jose`. */
  readonly maxEncryptedBytes: number;
  readonly withInjected: boolean;
}

/**
 * Keeps the bodies of signed requests. On the server's own event, before any middleware or parser of the host's; and,
 * for apps that demand signatures, by a hook for what their tests inject into Fastify without a server.
 */
export function keepReceivedBodies(
  { httpAdapter }: HttpAdapterHost,
  { maxBytes, maxEncryptedBytes, withInjected }: KeptBodies,
): void {
  const keep = (raw: IncomingMessage): void => {
    // GET and HEAD have no content that anyone reads (RFC 9110 §9.3.1).
    if (raw.method === 'GET' || raw.method === 'HEAD') return;
    const { headers } = raw;
    if (headers['signature-input'] !== undefined || headers.authorization?.startsWith(AWS4)) {
      ReceivedBody.keep(raw, isJose(headers['content-type']) ? maxEncryptedBytes : maxBytes);
    }
  };
  (httpAdapter.getHttpServer() as Server | undefined)?.prependListener('request', keep);
  if (!withInjected || httpAdapter.getType() !== 'fastify') return;
  httpAdapter.getInstance<FastifyLike>().addHook('onRequest', ({ raw }, _reply, done) => {
    keep(raw);
    done();
  });
}
