import type { Row } from '../bars.js';
import type { Outcome } from '../measuring/measure.js';

/** A row with what came out, or why nothing did. */
export interface Result {
  readonly row: Row;
  readonly outcome: Outcome | null;
  readonly error?: string;
  /** False where what the row needs is not there. */
  readonly wasTried: boolean;
}

/** An error says why there is no outcome: a row is never left blank. */
export function resultOf(row: Row, outcome: Outcome | Error): Result {
  if (outcome instanceof Error) {
    return { row, outcome: null, error: outcome.stack ?? outcome.message, wasTried: true };
  }
  return { row, outcome, wasTried: true };
}

export const notTried = (row: Row): Result => ({
  row,
  outcome: null,
  error: 'needs what is not here: PostgreSQL, Redis, or the packages of test/bench',
  wasTried: false,
});
