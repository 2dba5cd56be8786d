const MINUTE_MS = 60_000;
/** How much of the usual is what the last minute was. */
const WEIGHT = 0.2;
/** After so many minutes there is a history to compare with. */
const LEAST_MINUTES = 5;
/** Longer silences say no more about the usual. */
const MOST_SILENT_MINUTES = 60;

/** How many requests one client sends in a minute, and how many it usually does. */
export class History {
  private minute = -1;
  private count = 0;
  private minutes = 0;
  private usual = 0;
  private isTold = false;

  /** The counts, the first time in a minute that they rise above what the rule allows; else null. */
  use(now: number, { factor, least }: { factor: number; least: number }): Rise | null {
    const minute = Math.floor(now / MINUTE_MS);
    if (minute !== this.minute) this.turn(minute);
    this.count += 1;
    if (this.count <= least || this.isTold || this.minutes < LEAST_MINUTES) return null;
    if (this.count <= this.usual * factor) return null;
    this.isTold = true;
    return { count: this.count, usual: Math.round(this.usual) };
  }

  private turn(minute: number): void {
    const passed = this.minute < 0 ? 0 : Math.max(1, minute - this.minute);
    // The first minute is all that is known: begun at nothing, the usual would stay too low for long.
    if (this.minutes === 0) this.usual = this.count;
    for (let n = 0; n < Math.min(passed, MOST_SILENT_MINUTES); n += 1) {
      this.usual += WEIGHT * ((n === 0 ? this.count : 0) - this.usual);
    }
    this.minutes += passed;
    this.minute = minute;
    this.count = 0;
    this.isTold = false;
  }
}

export interface Rise {
  readonly count: number;
  /** Of a minute before. */
  readonly usual: number;
}
