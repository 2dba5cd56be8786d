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

/** What `switchToHttp()` would give, which makes three functions each time. */
export const requestOf = <Request = AdapterRequest>(context: ExecutionContext): Request =>
  context.getArgByIndex<Request>(0);

/** As `requestOf`. */
export const responseOf = <Response = AdapterResponse>(context: ExecutionContext): Response =>
  context.getArgByIndex<Response>(1);
