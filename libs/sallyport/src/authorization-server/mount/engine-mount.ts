import type { ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../../clock.js';
import {
  ACCESS_TOKEN_OPTIONS,
  type ResolvedAccessTokenOptions,
} from '../../credentials/bearer/access-token.options.js';
import { SallyportError } from '../../errors.js';
import { rawRequest, type AdapterRequest } from '../../request/adapter-request.js';
import { singleHeader } from '../../request/header.js';
import { RequestOrigin } from '../../request/request-origin.js';
import { withdrawHostCors } from '../host-cors.js';
import { Engine } from '../provider/engine.js';
import { arrivalTimeOf } from './arrival-time.js';
import { addressToIssuer } from './engine-address.js';

/** Express's response is the raw one; Fastify's carries it, and must be told that it is answered elsewhere. */
export type EngineResponse = ServerResponse & {
  readonly raw?: ServerResponse;
  readonly hijack?: () => void;
};

/**
 * For whatever the engine answers by itself; our pages bring stricter ones. It adds the hash of its one script, which
 * sends a form on, to a `script-src` that it finds: `'report-sample'` allows nothing, as `'none'` does, but may stand
 * beside a hash (CSP3 §2.3.1).
 */
const HEADERS = Object.entries({
  'Content-Security-Policy':
    "default-src 'none'; script-src 'report-sample'; base-uri 'none'; frame-ancestors 'none'",
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
});

/** Hands requests to the engine, as if they had come to it alone. */
@Injectable()
export class EngineMount {
  private readonly issuer: URL;

  constructor(
    private readonly engine: Engine,
    private readonly origin: RequestOrigin,
    private readonly clock: Clock,
    @Inject(ACCESS_TOKEN_OPTIONS) { issuer }: Pick<ResolvedAccessTokenOptions, 'issuer'>,
  ) {
    this.issuer = new URL(issuer);
  }

  /** Ends when the answer is sent. `path` is the engine's, with the query. */
  async pass(request: AdapterRequest, response: EngineResponse, path: string): Promise<void> {
    const raw = rawRequest(request);
    const address = this.origin.addressOf(request);
    const arrival = { at: arrivalTimeOf(raw) ?? this.clock.now(), address };
    // The engine would see the first of two alone: nobody may be two clients.
    singleHeader(request, 'authorization');
    if (raw.readableEnded && raw.method === 'POST') {
      throw new SallyportError('ERR_OPTIONS_INVALID', {
        reason: 'something read the body of a request under /oauth before the authorization server',
      });
    }
    // Before the request is handed over, so that a store that is away is answered like everywhere else.
    const handle = await this.engine.handler();
    const out = response.raw ?? response;
    if (out.closed) return;
    withdrawHostCors(response);
    carryHeaders(response, out);
    response.hijack?.();
    for (const [name, value] of HEADERS) out.setHeader(name, value);
    // RFC 6749 §5.1. The engine leaves it out where tokens are revoked.
    if (raw.method === 'POST') out.setHeader('Cache-Control', 'no-store');
    addressToIssuer(raw, this.issuer, path, address);
    const { promise: closed, resolve } = Promise.withResolvers<undefined>();
    out.once('close', () => {
      resolve(undefined);
    });
    await handle(raw, out, arrival);
    // What it did not read is thrown away: it would hold up the next request of the connection.
    raw.resume();
    await closed;
  }
}

/** Fastify keeps headers that were set so far to itself. */
function carryHeaders(response: EngineResponse, out: ServerResponse): void {
  if (out === response) return;
  const { getHeaders } = response as unknown as { getHeaders?: () => Record<string, string> };
  for (const [name, value] of Object.entries(getHeaders?.call(response) ?? {})) {
    out.setHeader(name, value);
  }
}
