import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench, Measure } from '../measuring/measure.js';
import { selfTimes, type SelfTime } from '../measuring/profile.js';
import { Contender } from '../measuring/side.js';
import { markdownTable } from './markdown-table.js';

const PROFILE_MS = 5000;
const FUNCTIONS = 45;
const PLACES = 25;

/** Loads one server of a row, alone, writes its CPU profile and says where its time went. */
export async function profile(
  bench: Bench,
  measure: Measure,
  { id, of, folder }: { id: string; of: 'contender' | 'baseline'; folder: string },
): Promise<string> {
  const side = measure.sides?.[of];
  if (side === undefined) throw new TypeError(`${id} has no server to look into`);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${id.replaceAll('/', '-')}-${of}.cpuprofile`);
  return Contender.with(side, async (contender) => {
    bench.progress.step('warming up');
    await contender.warmUp(bench.pace);
    bench.progress.step('sampling');
    await contender.server.read('startProfile');
    const measured = await contender.measure(PROFILE_MS);
    await contender.server.read('writeProfile', file);
    const microseconds = measured.user + measured.system;
    const { functions, places } = selfTimes(file);
    return [
      `${side.name}: ${microseconds.toFixed(1)} µs of CPU a request while sampled, written to ${file}\n`,
      timesTable('where', places.slice(0, PLACES), microseconds),
      timesTable('function', functions.slice(0, FUNCTIONS), microseconds),
    ].join('\n');
  });
}

const timesTable = (head: string, times: readonly SelfTime[], microseconds: number): string =>
  markdownTable(
    [head, 'self', 'µs a request'],
    times.map(({ name, share }) => [
      name,
      `${(share * 100).toFixed(1)} %`,
      (share * microseconds).toFixed(2),
    ]),
  );
