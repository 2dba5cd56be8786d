import type { ServerResponse } from 'node:http';
import type { AdapterResponse } from '../../request/adapter-request.js';

/** Express's response is the raw message, Fastify's carries it. */
export type ClosingResponse = AdapterResponse & { readonly raw?: ServerResponse };

/** Runs once, when the answer was sent or its connection is gone: at once where that has happened already. */
export function onceClosed(response: ClosingResponse, run: () => void): void {
  const raw = response.raw ?? (response as unknown as ServerResponse);
  if (raw.closed) run();
  else raw.once('close', run);
}
