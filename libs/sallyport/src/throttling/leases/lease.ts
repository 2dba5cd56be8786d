import { roomIn, stateOf, waitFor, wholeSeconds } from '../counting/limit-state.js';
import type { Limit } from '../counting/limit.js';
import type { RateLimitState } from '../rate-limit.js';
import type { LeaseGrant } from '../rate-limit.store.js';

/** For so long a refusal of the store is taken as its word: what others gave back is noticed after that. */
const LONGEST_REFUSAL_MS = 1000;

/** What all times here count from: any moment would do that is not long ago. */
const origin = Math.floor(performance.timeOrigin);

/**
 * Tokens of one tracker that this instance took in advance. They end with their lease, or with their window. What is
 * asked at every request comes first and is of small whole numbers, which take no memory of their own: where thousands
 * of callers take turns, it is memory that a request waits for.
 */
export class Lease {
  /** Left to spend. */
  tokens = 0;
  private startsAt = 0;
  private endsAt = 0;
  /** From when on, and below how many tokens, the next batch is fetched while this one is still being spent. */
  private renewsAt = 0;
  private renewsBelow = 0;
  /** Ends when the store has spoken; sent or still queued. */
  asking: Promise<void> | null = null;
  /** Permits that are in use, where requests under way are counted. */
  inUse = 0;
  readonly isConcurrency: boolean;
  /** How many tokens the last grant left here. */
  batch = 0;
  /** What waits for the next grant, and what goes back with the next question. */
  needed = 0;
  returning = 0;
  isSent = false;
  /** Until then nothing is asked for, since the store had none. */
  refusedUntil = 0;

  private level = 0;
  private periodEndsAt = 0;

  constructor(public limit: Limit) {
    this.isConcurrency = limit.kind === 'concurrency';
  }

  isLive(now: number): boolean {
    const at = now - origin;
    // The second test is for a clock that was set back: the store's went on.
    return at < this.endsAt && at >= this.startsAt;
  }

  /** Whether it is time to fetch the next batch. */
  isRunningOut(now: number): boolean {
    return this.tokens < this.renewsBelow || now - origin > this.renewsAt;
  }

  /** Milliseconds for which it still lives. */
  leftAt(now: number): number {
    return this.endsAt - (now - origin);
  }

  /** Milliseconds since it was granted; negative when the clock was set back. */
  ageAt(now: number): number {
    return now - origin - this.startsAt;
  }

  /** Takes what the store granted. Its life counts from before it was asked, so it never outlives the store's own. */
  renew(grant: LeaseGrant, need: number, askedAt: number): void {
    this.tokens += grant.granted;
    this.batch = this.tokens;
    this.level = grant.level;
    this.startsAt = Math.floor(askedAt - origin);
    this.endsAt = Math.floor(askedAt - origin + grant.lifeMs);
    this.renewsAt = Math.floor(askedAt - origin + grant.lifeMs * 0.75);
    this.renewsBelow = Math.floor(this.tokens / 4);
    this.periodEndsAt = askedAt + grant.toPeriodEndMs;
    const wait = waitFor(this.limit, { ...grant, allowed: false }, 1);
    this.refusedUntil = this.tokens < need ? askedAt + Math.min(wait, LONGEST_REFUSAL_MS) : 0;
  }

  /** It holds nothing any more. */
  end(): void {
    this.tokens = 0;
    this.endsAt = 0;
  }

  remainingAt(now: number): number {
    return roomIn(this.limit, this.levelAt(now));
  }

  resetSecondsAt(now: number): number {
    const { limit, periodEndsAt } = this;
    return limit.kind === 'rate'
      ? wholeSeconds(this.levelAt(now) * limit.intervalMs)
      : wholeSeconds(Math.max(0, periodEndsAt - now));
  }

  stateAt(now: number, limit: Limit, allowed: boolean): RateLimitState {
    const level = this.levelAt(now);
    // A store that refused is believed, though it may have more by now: it is asked again soon enough.
    const known = allowed ? level : Math.max(level, limit.capacity - limit.cost + 1e-3);
    const toPeriodEndMs = Math.max(0, this.periodEndsAt - now);
    const state = stateOf(limit, { level: known, toPeriodEndMs, allowed });
    return allowed ? state : { ...state, retryAfterSeconds: Math.max(1, state.retryAfterSeconds) };
  }

  /** What is taken of the limit, as far as this instance knows: by the store's last word, and what it spent since. */
  private levelAt(now: number): number {
    const { limit } = this;
    const back = limit.kind === 'rate' ? Math.max(0, this.ageAt(now)) / limit.intervalMs : 0;
    return Math.max(0, this.level - this.tokens - back);
  }
}
