import type { RateLimitState } from '../rate-limit.js';
import type { LeaseGrant, LeaseRequest } from '../rate-limit.store.js';
import { countEndsAt, emptyCount, levelOf, setLevel, type Count } from './count.js';
import { EPSILON, type Limit } from './limit.js';
import { leaseFrom } from './lease-from.js';
import { stateOf } from './limit-state.js';
import { SteadyTime } from './steady-time.js';

interface Tracked extends Count {
  endsAt: number;
}

/**
 * Counts in this process. Bounded: when full, a tracker that has nothing left to count makes room, else the one that
 * was used longest ago, so a flood of addresses costs memory only up to `maxTrackers`. No timer.
 */
export class LocalCounts {
  private readonly tracked = new Map<string, Tracked>();
  private readonly time = new SteadyTime();

  constructor(private readonly maxTrackers = 100_000) {}

  get size(): number {
    return this.tracked.size;
  }

  /** As `RateLimitStore.consume`. */
  consume(limits: readonly Limit[], now: number): readonly RateLimitState[] {
    const steady = this.time.at(now);
    const timeOf = (limit: Limit): number => (limit.kind === 'quota' ? now : steady);
    const assessed = limits.map((limit) => {
      const count = this.countOf(limit);
      const before = levelOf(count, limit, timeOf(limit));
      const hasRoom = before + limit.cost <= limit.capacity + EPSILON;
      return { limit, count, before, fits: hasRoom && count.blockedUntil <= steady };
    });
    const isAllowed = assessed.every(({ fits }) => fits);
    return assessed.map(({ limit, count, before, fits }) => {
      let level = before;
      if (isAllowed) {
        level += limit.cost;
        setLevel(count, limit, level, timeOf(limit));
        this.remember(limit, count, now);
      } else if (!fits && limit.blockMs > 0 && limit.limit > 0) {
        // Asking while blocked prolongs nothing.
        if (count.blockedUntil <= steady) {
          count.blockedUntil = steady + limit.blockMs;
          this.remember(limit, count, now);
        }
        level = Math.max(level, blockedLevel(limit, count.blockedUntil - steady));
      }
      const toPeriodEndMs = limit.kind === 'quota' ? count.periodEnd - now : 0;
      return stateOf(limit, { level, toPeriodEndMs, allowed: fits });
    });
  }

  /** As `RateLimitStore.lease`. */
  lease(request: LeaseRequest, now: number): LeaseGrant {
    const count = this.countOf(request.limit);
    const steady = this.time.at(now);
    // The periods of a quota are the calendar's, whatever the clock was before.
    const grant = leaseFrom(count, request, request.limit.kind === 'quota' ? now : steady);
    this.remember(request.limit, count, now);
    return grant;
  }

  private countOf(limit: Limit): Tracked {
    return this.tracked.get(limit.name) ?? { ...emptyCount(), endsAt: 0 };
  }

  private remember(limit: Limit, count: Tracked, now: number): void {
    const key = limit.name;
    count.endsAt = countEndsAt(count, limit);
    this.tracked.delete(key);
    this.tracked.set(key, count);
    this.forget(now);
  }

  /** The map is ordered by last use: two ended ones at its head leave with each call, so that it also shrinks. */
  private forget(now: number): void {
    let looked = 0;
    for (const [key, { endsAt }] of this.tracked) {
      if (looked++ === 2 || endsAt > now) break;
      this.tracked.delete(key);
    }
    if (this.tracked.size > this.maxTrackers) this.tracked.delete(this.leastMissed(now));
  }

  private leastMissed(now: number): string {
    let oldest: string | undefined;
    let looked = 0;
    for (const [key, { endsAt }] of this.tracked) {
      oldest ??= key;
      if (endsAt <= now) return key;
      if (++looked === 16) break;
    }
    return oldest ?? '';
  }
}

/** As it stands for who must wait so long: a block is shown as a level from which one more fits when it has passed. */
const blockedLevel = ({ capacity, cost, intervalMs }: Limit, leftMs: number): number =>
  capacity - cost + leftMs / intervalMs;
