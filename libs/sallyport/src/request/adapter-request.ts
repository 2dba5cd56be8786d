import { IncomingMessage } from 'node:http';
import type { ExecutionContext } from '@nestjs/common';

/** What Express and Fastify requests have in common: Express's is the raw message, Fastify's carries it. */
export type AdapterRequest = IncomingMessage & { readonly raw?: IncomingMessage };

/** What their responses have in common. */
export interface AdapterResponse {
  header(name: string, value: string): unknown;
}

/** Looking for a `raw` that Express's have not got would take longer than knowing them by what they are. */
export const rawRequest = (request: AdapterRequest): IncomingMessage =>
  request instanceof IncomingMessage ? request : ((request as AdapterRequest).raw ?? request);

/**
 * Whether content follows the headers, where no header has to say so: HTTP/2 has frames for it (RFC 9113 §8.1). Null on
 * HTTP/1.1.
 */
export function framesFollow(raw: IncomingMessage): boolean | null {
  if (raw.httpVersionMajor < 2) return null;
  const { stream } = raw as { readonly stream?: { readonly endAfterHeaders?: boolean } };
  return stream?.endAfterHeaders !== true;
}

/** What `switchToHttp()` would give, which makes three functions each time. */
export const requestOf = <Request = AdapterRequest>(context: ExecutionContext): Request =>
  context.getArgByIndex<Request>(0);

/** As `requestOf`. */
export const responseOf = <Response = AdapterResponse>(context: ExecutionContext): Response =>
  context.getArgByIndex<Response>(1);
