import type { RateLimitDemand, RateLimitState } from './rate-limit.js';
import {
  assessWindow,
  slideWindow,
  spanOf,
  spendOne,
  startWindow,
  windowEnd,
  type SlidingWindow,
} from './sliding-window.js';

interface Tracked {
  readonly window: SlidingWindow;
  readonly endsAt: number;
}

/**
 * Counts in this process. Bounded: when full, a tracker whose window has ended makes room, else the one that
 * spent longest ago, so a flood of addresses costs memory only up to `maxTrackers`. No timer.
 */
export class LocalRateLimits {
  private readonly tracked = new Map<string, Tracked>();

  constructor(private readonly maxTrackers = 100_000) {}

  get size(): number {
    return this.tracked.size;
  }

  /** As `RateLimitStore.consume`. */
  consume(demands: readonly RateLimitDemand[], at: Date): readonly RateLimitState[] {
    const now = at.getTime();
    const assessed = demands.map((demand) => {
      const key = JSON.stringify([demand.group, demand.policy, demand.tracker]);
      const known = this.tracked.get(key)?.window ?? startWindow(now);
      const window = slideWindow(known, spanOf(demand), now);
      return { demand, key, window, state: assessWindow(window, demand, now) };
    });
    const isAllowed = assessed.every(({ state }) => state.allowed);
    return assessed.map(({ demand, key, window, state }) => {
      if (isAllowed) {
        this.remember(key, spendOne(window), demand, now);
        return { ...state, remaining: state.remaining - 1 };
      }
      const blocksNow = !state.allowed && demand.limit > 0 && window.blockedUntil <= now;
      if (!blocksNow || !demand.blockSeconds) return state;
      const blocked = { ...window, blockedUntil: now + demand.blockSeconds * 1000 };
      this.remember(key, blocked, demand, now);
      return assessWindow(blocked, demand, now);
    });
  }

  private remember(key: string, window: SlidingWindow, demand: RateLimitDemand, now: number): void {
    this.tracked.delete(key);
    this.tracked.set(key, { window, endsAt: windowEnd(window, spanOf(demand)) });
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
