import type { IncomingMessage, ServerResponse } from 'node:http';

/** What `app.use` takes on both adapters: Express's kind, on Node's own request and response. */
export type Middleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;
