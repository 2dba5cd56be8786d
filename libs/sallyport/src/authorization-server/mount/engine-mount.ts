import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../../clock.js';
import {
  ACCESS_TOKEN_OPTIONS,
  type ResolvedAccessTokenOptions,
} from '../../credentials/bearer/access-token.options.js';
import { SallyportError } from '../../errors.js';
import { rawRequest, type AdapterRequest } from '../../request/adapter-request.js';
import { RequestOrigin } from '../../request/request-origin.js';
import { Engine } from '../provider/engine.js';
import { addressToIssuer } from './engine-address.js';

/** Express's response is the raw one; Fastify's carries it, and must be told that it is answered elsewhere. */
export type EngineResponse = ServerResponse & {
  readonly raw?: ServerResponse;
  readonly hijack?: () => void;
};

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
    const arrival = { at: this.clock.now(), address };
    if (raw.readableEnded && raw.method === 'POST') {
      throw new SallyportError('ERR_OPTIONS_INVALID', {
        reason: 'something read the body of a request under /oauth before the authorization server',
      });
    }
    // Before the request is handed over, so that a store that is away is answered like everywhere else.
    await this.engine.provider();
    const out = response.raw ?? response;
    carryHeaders(response, out);
    response.hijack?.();
    addressToIssuer(raw, this.issuer, path, address);
    const closed = once(out, 'close');
    await this.engine.handle(raw, out, arrival);
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
