/** Something to be timed: `work` does it `count` times. */
export interface Case {
  readonly name: string;
  readonly work: (count: number) => void | Promise<void>;
}

export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export interface Timing {
  readonly name: string;
  readonly microseconds: Spread;
  /** Of the first case, round by round: what slows the machine slows both. */
  readonly ratio: Spread;
}

const ROUNDS = 15;
const SLOT_MICROSECONDS = 40_000;

/** Times all cases in turn, round after round, by the CPU time of this thread. The first is what the others are compared with. */
export async function timeInTurn(cases: readonly Case[]): Promise<readonly Timing[]> {
  const counts: number[] = [];
  for (const one of cases) counts.push(await countForSlot(one));
  const rounds: number[][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const costs: number[] = [];
    for (const [index, one] of cases.entries()) costs.push(await costOf(one, counts[index] ?? 1));
    rounds.push(costs);
  }
  return cases.map(({ name }, index) => ({
    name,
    microseconds: spreadOf(rounds.map((costs) => costs[index] ?? NaN)),
    ratio: spreadOf(
      rounds.map(([base = NaN, ...others]) =>
        index === 0 ? 1 : (others[index - 1] ?? NaN) / base,
      ),
    ),
  }));
}

/** The median, and between what the middle half lies. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? NaN;
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}

/** Doubles until a slot is filled, which also warms the case up. */
async function countForSlot(one: Case): Promise<number> {
  let count = 16;
  while ((await costOf(one, count)) * count < SLOT_MICROSECONDS) count *= 2;
  return count;
}

async function costOf({ work }: Case, count: number): Promise<number> {
  const before = process.threadCpuUsage();
  await work(count);
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / count;
}
