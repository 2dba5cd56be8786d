import { Inject, Injectable } from '@nestjs/common';
import { InstanceCensus } from '../instance-census.js';
import { wholeSeconds } from '../counting/limit-state.js';
import type { RateLimitRule, RateLimitState } from '../rate-limit.js';
import { RequestLimits } from '../request-limits.js';
import { THROTTLING_OPTIONS, type ResolvedThrottlingOptions } from '../throttling.options.js';
import { BlockLimit } from './block-limit.js';

const MAX_BLOCKED = 50_000;

/**
 * Counts failures of authentication against the address block they came from. A block that has used up its failures
 * is refused before anything is verified for it, until one more would be allowed.
 */
@Injectable()
export class FailedAuthentication {
  private readonly limit: BlockLimit | null;
  private readonly rule: RateLimitRule;
  /** Until when each block is refused; in milliseconds. */
  private readonly blocked = new Map<string, number>();

  constructor(
    private readonly limits: RequestLimits,
    census: InstanceCensus,
    @Inject(THROTTLING_OPTIONS) { failures }: ResolvedThrottlingOptions,
  ) {
    this.rule = failures ?? { limit: 0, windowSeconds: 0 };
    this.limit =
      failures === null ? null : new BlockLimit('failures', failures, { limits, census });
  }

  /** At once: where the store has to be asked, the answer counts for the requests after it. */
  failed(block: string): void {
    const now = this.limits.now();
    const spent = this.limit?.spend(block, now) ?? null;
    if (spent instanceof Promise) {
      // While the store is away the limit goes on locally; anything else is told by whoever asks for more.
      spent.then((state) => this.note(block, state)).catch(() => undefined);
    } else this.note(block, spent);
  }

  /** How a block stands that is refused; null for one that may try. */
  refusalOf(block: string, now: number): RateLimitState | null {
    if (this.blocked.size === 0) return null;
    const until = this.blocked.get(block);
    if (until === undefined) return null;
    if (now < until) return refusalFor(until - now, this.rule);
    this.blocked.delete(block);
    return null;
  }

  private note(block: string, refusal: RateLimitState | null): void {
    const now = this.limits.now();
    const waitMs =
      refusal === null ? this.limit?.waitMs(block, now) : refusal.retryAfterSeconds * 1000;
    if (waitMs !== undefined && waitMs > 0) this.block(block, waitMs);
  }

  /** Refuses a block for so long, or for as long as it was refused already. */
  block(block: string, waitMs: number): void {
    const until = Math.max(this.blocked.get(block) ?? 0, this.limits.now() + waitMs);
    this.blocked.delete(block);
    this.blocked.set(block, until);
    if (this.blocked.size <= MAX_BLOCKED) return;
    const [oldest] = this.blocked.keys();
    if (oldest !== undefined) this.blocked.delete(oldest);
  }
}

function refusalFor(waitMs: number, { limit, windowSeconds }: RateLimitRule): RateLimitState {
  const seconds = Math.max(1, wholeSeconds(waitMs));
  return {
    ...{ policy: 'failures', limit, windowSeconds, remaining: 0, allowed: false },
    ...{ resetSeconds: seconds, retryAfterSeconds: seconds },
  };
}
