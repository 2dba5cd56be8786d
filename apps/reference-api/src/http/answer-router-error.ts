import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';

/** Fastify's router refuses some URLs before any filter can see it: the same shape of answer here (RFC 9457). */
export function answerRouterError(
  error: FastifyError,
  _request: FastifyRequest,
  reply: FastifyReply,
): void {
  const status = error.statusCode ?? 400;
  void reply
    .code(status)
    .header('cache-control', 'no-store')
    .type('application/problem+json; charset=utf-8')
    .send(JSON.stringify({ type: 'about:blank', title: 'Malformed request target', status }));
}
