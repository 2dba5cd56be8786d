import { Inject, Injectable } from '@nestjs/common';
import type { Confirmation } from '../../principals/caller.js';
import type { AdapterResponse } from '../../request/adapter-request.js';
import { DpopNonces } from './dpop-nonces.js';
import { DPOP_OPTIONS, type ResolvedDpopOptions } from './dpop.options.js';

/** Gives whoever proved a key the nonce for its next proof (RFC 9449 §8.2), so that none has to be asked for. */
@Injectable()
export class OfferNonce {
  constructor(
    @Inject(DPOP_OPTIONS) private readonly options: ResolvedDpopOptions,
    private readonly nonces: DpopNonces,
  ) {}

  /** `proven` is what the token of the request is bound to, and nothing is offered for a certificate. */
  offer(proven: Confirmation | null, response: AdapterResponse): void {
    if (!this.options.requireNonce || proven?.jkt === undefined) return;
    response.header('DPoP-Nonce', this.nonces.current());
  }
}
