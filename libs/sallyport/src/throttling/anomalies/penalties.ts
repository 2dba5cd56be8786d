import { BlockLimit } from '../addresses/block-limit.js';
import { FailedAuthentication } from '../addresses/failed-authentication.js';
import { Injectable, Logger } from '@nestjs/common';
import { ClientService } from '../../clients/client.service.js';
import { InstanceCensus } from '../instance-census.js';
import type { RateLimitState } from '../rate-limit.js';
import { RequestLimits } from '../request-limits.js';

const MAX_PENALTIES = 10_000;
const PENALTY = { limit: 10, windowSeconds: 60 };

/** What rules about anomalies do to those they find. */
@Injectable()
export class Penalties {
  private readonly logger = new Logger('Sallyport');
  private readonly limit: BlockLimit;
  /** Until when a client is throttled; in milliseconds. */
  private readonly throttled = new Map<string, number>();

  constructor(
    private readonly limits: RequestLimits,
    census: InstanceCensus,
    private readonly failures: FailedAuthentication,
    private readonly clients: ClientService,
  ) {
    this.limit = new BlockLimit('anomaly', PENALTY, { limits, census });
  }

  /** Refuses the address block for so long. */
  refuseAddress(block: string, seconds: number): void {
    this.failures.block(block, seconds * 1000);
  }

  throttleClient(clientId: string, seconds: number): void {
    this.throttled.delete(clientId);
    this.throttled.set(clientId, this.limits.now() + seconds * 1000);
    if (this.throttled.size <= MAX_PENALTIES) return;
    const [oldest] = this.throttled.keys();
    if (oldest !== undefined) this.throttled.delete(oldest);
  }

  /** Disables the client everywhere; never rejects. */
  async suspendClient(clientId: string, reason: string): Promise<void> {
    try {
      await this.clients.disable(clientId, { actor: 'sallyport', reason });
    } catch (error) {
      const why = error instanceof Error ? error.message : 'unknown failure';
      this.logger.error(`client ${clientId} could not be suspended: ${why}`);
    }
  }

  /** How a client stands that is throttled and has used up what it was left; null for all others. */
  spend(clientId: string): RateLimitState | null | Promise<RateLimitState | null> {
    if (this.throttled.size === 0) return null;
    const until = this.throttled.get(clientId);
    if (until === undefined) return null;
    const now = this.limits.now();
    if (now < until) return this.limit.spend(clientId, now);
    this.throttled.delete(clientId);
    return null;
  }
}
