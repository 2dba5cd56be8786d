import { Inject, Injectable, type ExecutionContext } from '@nestjs/common';
import { responseOf } from '../../request/adapter-request.js';
import { DpopNonces } from './dpop-nonces.js';
import { DPOP_OPTIONS, type ResolvedDpopOptions } from './dpop.options.js';

/** Gives whoever proved a key the nonce for its next proof (RFC 9449 §8.2), so that none has to be asked for. */
@Injectable()
export class OfferNonce {
  constructor(
    @Inject(DPOP_OPTIONS) private readonly options: ResolvedDpopOptions,
    private readonly nonces: DpopNonces,
  ) {}

  offer(context: ExecutionContext): void {
    if (!this.options.requireNonce) return;
    responseOf(context).header('DPoP-Nonce', this.nonces.current());
  }
}
