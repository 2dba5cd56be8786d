const LONGEST_PAUSE_MS = 1000;
const LOG_EVERY_MS = 60_000;

/**
 * Remembers that the store is away, so that it does not cost every request its timeout: after a pause one question
 * tries it again, and the others only when that was answered. Pauses differ, so that instances do not come back as one.
 */
export class StoreOutage {
  private isAway = false;
  private pausedUntil = 0;
  private silentUntil = 0;

  /** `jitter` from 0 to 1 makes this instance's pauses differ from those of others. */
  constructor(private readonly jitter = 0.5) {}

  mayAsk(now: number): boolean {
    if (!this.isAway) return true;
    // An end that is further away than it can be was set by a clock that has been set back since.
    if (now < this.pausedUntil && this.pausedUntil <= now + LONGEST_PAUSE_MS) return false;
    this.pausedUntil = now + LONGEST_PAUSE_MS;
    return true;
  }

  ended(): void {
    this.isAway = false;
  }

  /** Answers whether it is time to say so. */
  began(now: number): boolean {
    this.isAway = true;
    this.pausedUntil = now + (LONGEST_PAUSE_MS * (1 + this.jitter)) / 2;
    if (now < this.silentUntil && this.silentUntil <= now + LOG_EVERY_MS) return false;
    this.silentUntil = now + LOG_EVERY_MS;
    return true;
  }
}
