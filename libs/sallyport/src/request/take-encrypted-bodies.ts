import type { HttpAdapterHost } from '@nestjs/core';
import { JOSE } from '../encryption/media-types.js';

interface FastifyLike {
  hasContentTypeParser(type: string): boolean;
  addContentTypeParser(
    type: string,
    parser: (
      request: unknown,
      payload: unknown,
      done: (error: null, body?: undefined) => void,
    ) => void,
  ): unknown;
}

/** Lets bodies in `application/jose` through to the guards, unread: Fastify refuses what nobody parses. Express lets them. */
export function takeEncryptedBodies({ httpAdapter }: HttpAdapterHost): void {
  if (httpAdapter.getType() !== 'fastify') return;
  const fastify = httpAdapter.getInstance<FastifyLike>();
  if (fastify.hasContentTypeParser(JOSE)) return;
  fastify.addContentTypeParser(JOSE, (_request, _payload, done) => {
    done(null);
  });
}
