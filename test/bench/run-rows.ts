import type { Row } from './bars.js';
import { measures } from './measures.js';
import type { Bench } from './measuring/measure.js';
import type { Pace } from './measuring/pace.js';
import { Progress } from './reporting/progress.js';
import { notTried, resultOf, type Result } from './reporting/result.js';
import { summaryOf } from './reporting/tables.js';

/** One row after the other, until it is interrupted. A row that fails does not keep the others from being measured. */
export async function runRows(
  wanted: readonly Row[],
  pace: Pace,
  interruption: AbortSignal,
): Promise<readonly Result[]> {
  const seconds = wanted.reduce((sum, { id }) => sum + measures[id].seconds, 0);
  const progress = new Progress(wanted.length, seconds, process.stderr);
  const results: Result[] = [];
  for (const [index, row] of wanted.entries()) {
    if (interruption.aborted) break;
    const result = await measured(row, index, { pace, progress });
    progress.say(summaryOf(result));
    results.push(result);
  }
  return results;
}

async function measured(row: Row, index: number, bench: Bench): Promise<Result> {
  const measure = measures[row.id];
  if (!measure.canRun()) return notTried(row);
  bench.progress.begin(index, row.id, measure.seconds);
  try {
    return resultOf(row, await measure.run(bench));
  } catch (error) {
    return resultOf(row, error instanceof Error ? error : new Error(String(error)));
  }
}
