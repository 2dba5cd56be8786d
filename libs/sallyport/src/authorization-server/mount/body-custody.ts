import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AbstractHttpAdapter, ApplicationConfig, HttpAdapterHost } from '@nestjs/core';
import type { Clock } from '../../clock.js';
import { noteArrivalTime } from './arrival-time.js';
import { enginePath } from './engine-path.js';

type Next = (error?: unknown) => void;

/** What tells a parser that there is a body. */
const BODY_HEADERS = ['content-type', 'content-length', 'transfer-encoding'] as const;

const kept = new WeakMap<IncomingMessage, Partial<IncomingHttpHeaders>>();

/** What of Fastify we use; its types are no dependency of ours. */
interface FastifyLike {
  addHook(
    name: 'onRequest' | 'preHandler',
    hook: (request: { readonly raw: IncomingMessage }, reply: unknown, done: Next) => void,
  ): void;
}

/**
 * Keeps the bodies of requests under `/oauth` for the engine and the pages, which read them as RFC 6749 wants them
 * read: whatever body parsers the host has, they see a request without a body. To be called before the app
 * initializes, while no parser is registered yet.
 */
export function keepBodies(
  httpAdapter: AbstractHttpAdapter,
  config: ApplicationConfig,
  clock: Clock,
): void {
  const hide = (raw: IncomingMessage): void => {
    if (enginePath(raw.url ?? '', config) === null) return;
    noteArrivalTime(raw, clock.now());
    hideBody(raw);
  };
  if (httpAdapter.getType() === 'fastify') {
    const fastify = httpAdapter.getInstance<FastifyLike>();
    fastify.addHook('onRequest', ({ raw }, _reply, done) => {
      hide(raw);
      done();
    });
    fastify.addHook('preHandler', ({ raw }, _reply, done) => {
      returnBody(raw);
      done();
    });
    return;
  }
  httpAdapter.use((raw: IncomingMessage, _response: ServerResponse, next: Next) => {
    hide(raw);
    next();
  });
}

/** On Express, once the host's parsers are registered: gives the body back to whatever comes after them. */
export function returnBodies({ httpAdapter }: HttpAdapterHost): void {
  if (httpAdapter.getType() === 'fastify') return;
  httpAdapter.use((raw: IncomingMessage, _response: ServerResponse, next: Next) => {
    returnBody(raw);
    next();
  });
}

function hideBody(raw: IncomingMessage): void {
  const hidden: Partial<IncomingHttpHeaders> = {};
  for (const name of BODY_HEADERS) {
    const value = raw.headers[name];
    if (value === undefined) continue;
    hidden[name] = value;
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a parser looks whether it is there
    delete raw.headers[name];
  }
  kept.set(raw, hidden);
}

function returnBody(raw: IncomingMessage): void {
  const hidden = kept.get(raw);
  if (hidden === undefined) return;
  Object.assign(raw.headers, hidden);
  kept.delete(raw);
}
