import type { HttpAdapterHost } from '@nestjs/core';
import { CallerContext } from './caller-context.js';

interface FastifyLike {
  addHook(
    name: 'preValidation',
    hook: (request: unknown, reply: unknown, done: () => void) => void,
  ): unknown;
}

/**
 * Opens an empty `CallerContext` around every request. On Fastify by a hook that runs after the body was read, so
 * that no parser of the host's can lose it; on Express parsers run before.
 */
export function openCallerContext({ httpAdapter }: HttpAdapterHost): void {
  if (httpAdapter.getType() === 'fastify') {
    httpAdapter.getInstance<FastifyLike>().addHook('preValidation', (_request, _reply, done) => {
      CallerContext.open(done);
    });
    return;
  }
  // Not by Nest's consumer, whose routes depend on global prefixes and versions: this is for all of them.
  httpAdapter.use((_request: unknown, _response: unknown, next: () => void) => {
    CallerContext.open(next);
  });
}
