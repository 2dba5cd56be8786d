import type { IncomingMessage } from 'node:http';

/** What Express and Fastify requests have in common: Express's is the raw message, Fastify's carries it. */
export type AdapterRequest = IncomingMessage & { readonly raw?: IncomingMessage };

/** What their responses have in common. */
export interface AdapterResponse {
  header(name: string, value: string): unknown;
}

export const rawRequest = (request: AdapterRequest): IncomingMessage => request.raw ?? request;
