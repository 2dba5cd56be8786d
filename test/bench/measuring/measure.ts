import type { Progress } from '../reporting/progress.js';
import type { Pace } from './pace.js';
import type { Side } from './side.js';
import type { Spread } from './spread.js';

/** What a run has for each row. */
export interface Bench {
  readonly pace: Pace;
  readonly progress: Progress;
}

/** Medians of one of the two that were compared. */
export interface Summary {
  readonly perSecond: number;
  /** CPU time of one request or call. */
  readonly microseconds: number;
  /** Of it, in its own code, not in system calls. */
  readonly userMicroseconds: number;
  /** Share of the core. */
  readonly busy: number;
}

export interface Outcome {
  /** What the bar is held against. */
  readonly value: Spread;
  readonly rounds: readonly number[];
  /** The same ratio of what was answered in the time of the wall, whoever else used it. */
  readonly observed?: number;
  readonly contender?: Summary;
  readonly baseline?: Summary;
  readonly note?: string;
}

/** How the value of a row is found. */
export interface Measure {
  /** About how long it takes, for the time that is left. */
  readonly seconds: number;
  /** Whether the stores that it needs are there. */
  canRun(): boolean;
  /** What `--profile` looks at; without them the row has no server. */
  readonly sides?: { readonly contender: Side; readonly baseline: Side };
  run(bench: Bench): Promise<Outcome>;
}
