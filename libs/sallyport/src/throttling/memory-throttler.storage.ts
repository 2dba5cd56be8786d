import { Injectable, Optional } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import { Clock, SystemClock } from '../clock.js';

type ThrottlerStorageRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

interface Hits {
  /** When each counted request stops counting, in the order they came. Milliseconds, like all here. */
  expiries: number[];
  windowEndsAt: number;
  blockedUntil: number | null;
}

const MAX_KEYS = 100_000;

/**
 * Storage for any ThrottlerModule, with the meaning of throttler's own: but it holds at most 100 000 keys,
 * runs no timer, and keeps throttlers that share a key apart.
 */
@Injectable()
export class MemoryThrottlerStorage implements ThrottlerStorage {
  private readonly kept = new Map<string, Hits>();

  constructor(@Optional() private readonly clock: Clock = new SystemClock()) {}

  increment(
    key: string,
    ttl: number,
    limit: number,
    blockDuration: number,
    throttlerName: string,
  ): Promise<ThrottlerStorageRecord> {
    const now = this.clock.now().getTime();
    const hits = this.hitsOf(JSON.stringify([throttlerName, key]), now + ttl);
    hits.expiries = hits.expiries.filter((expiry) => expiry > now);
    if (hits.windowEndsAt <= now) hits.windowEndsAt = now + ttl;
    const blockedFor =
      blockDuration > 0
        ? countAndBlock(hits, { now, ttl, limit, blockDuration })
        : countOrRefuse(hits, { now, ttl, limit });
    return Promise.resolve({
      totalHits: hits.expiries.length + (blockDuration <= 0 && blockedFor !== null ? 1 : 0),
      timeToExpire: Math.ceil((hits.windowEndsAt - now) / 1000),
      isBlocked: blockedFor !== null,
      timeToBlockExpire: Math.ceil((blockedFor ?? 0) / 1000),
    });
  }

  private hitsOf(key: string, windowEndsAt: number): Hits {
    const hits = this.kept.get(key) ?? { expiries: [], windowEndsAt, blockedUntil: null };
    this.kept.delete(key);
    this.kept.set(key, hits);
    if (this.kept.size > MAX_KEYS) {
      const [leastRecent] = this.kept.keys();
      if (leastRecent !== undefined) this.kept.delete(leastRecent);
    }
    return hits;
  }
}

interface Increment {
  readonly now: number;
  readonly ttl: number;
  readonly limit: number;
}

/** Without a block time: refuses while the limit is reached and counts only what it lets through. */
function countOrRefuse(hits: Hits, { now, ttl, limit }: Increment): number | null {
  if (hits.expiries.length < limit) {
    hits.expiries.push(now + ttl);
    return null;
  }
  // The first came first. Not Math.min: its arguments must fit on the stack, and a limit may be large.
  return (hits.expiries[0] ?? hits.windowEndsAt) - now;
}

/** With one: the request that goes over starts the block, and the first after it starts from nothing. */
function countAndBlock(
  hits: Hits,
  { now, ttl, limit, blockDuration }: Increment & { readonly blockDuration: number },
): number | null {
  if (hits.blockedUntil !== null) {
    if (hits.blockedUntil > now) return hits.blockedUntil - now;
    hits.expiries = [now + ttl];
    hits.blockedUntil = null;
    return null;
  }
  hits.expiries.push(now + ttl);
  if (hits.expiries.length <= limit) return null;
  hits.blockedUntil = now + blockDuration;
  return blockDuration;
}
