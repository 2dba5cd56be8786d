import { Inject, Injectable } from '@nestjs/common';
import { SallyportError } from '../errors.js';
import type { RequestMessage } from '../signatures/http-message.js';
import { fieldsOf } from '../signatures/http-message.js';
import { framesFollow, rawRequest, type AdapterRequest } from './adapter-request.js';
import { REQUEST_OPTIONS, type ResolvedRequestOptions } from './request.options.js';

/** Requests as their senders meant them, for what they signed. */
@Injectable()
export class RequestMessages {
  private readonly own: Pick<RequestMessage, 'scheme' | 'authority'>;

  constructor(@Inject(REQUEST_OPTIONS) { publicOrigin }: ResolvedRequestOptions) {
    const { protocol, host } = new URL(publicOrigin);
    // RFC 9421 §2.2.3: in lower case, and without the port that the scheme has anyway, as the parser writes it.
    this.own = { scheme: protocol === 'http:' ? 'http' : 'https', authority: host };
  }

  /**
   * Scheme and authority are those of `publicOrigin`: what `Host` or a proxy writes counts for neither. Throws
   * ERR_SIGNATURE_MALFORMED for a request that is not in origin form (RFC 9112 §3.2.1).
   */
  of(request: AdapterRequest & { readonly originalUrl?: string }): RequestMessage {
    const raw = rawRequest(request);
    // Routers take off what they have matched.
    const target = request.originalUrl ?? raw.url ?? '';
    if (!target.startsWith('/')) {
      const reason = 'the target is not in origin form';
      throw new SallyportError('ERR_SIGNATURE_MALFORMED', { reason });
    }
    const hasFrames = framesFollow(raw);
    const fields = fieldsOf(raw.rawHeaders);
    return { method: raw.method ?? '', target, fields, hasFrames, ...this.own };
  }
}
