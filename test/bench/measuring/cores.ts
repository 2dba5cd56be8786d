import { availableParallelism } from 'node:os';

/** The two cores that `tools/bench.mjs` found: it pins this process, which sends the load, to the second. */
const given = process.env.BENCH_CORES?.split(',').map(Number);

export const cores =
  given?.[0] === undefined || given[1] === undefined ? null : { server: given[0], load: given[1] };

export const howPinned = (): string =>
  cores === null
    ? `not pinned: needs taskset and two cores, there are ${availableParallelism()}; server and load share them as the kernel likes`
    : `server on core ${cores.server}, load on core ${cores.load}`;

/** Settings of `fork` for a process that stays on one core. */
export function pinnedTo(core: number | null): { execPath?: string; execArgv?: string[] } {
  if (core === null) return {};
  return {
    execPath: 'taskset',
    execArgv: ['-c', String(core), process.execPath, ...process.execArgv],
  };
}
