import type { Bench, Measure, Outcome, Summary } from './measure.js';
import type { Measured } from './bench-server.js';
import { assertSameAnswer } from './same-answer.js';
import { canRun, Contender, type Side } from './side.js';
import { spreadOf } from './spread.js';

/** Below this share of its core, the throughput that was observed is not the server's. */
const SATURATED = 0.9;

export interface Duel {
  readonly contender: Side;
  readonly baseline: Side;
  /** Of throughput, contender / baseline; or of the time that each takes. @default 'throughput' */
  readonly ratio?: 'throughput' | 'time';
  /** By CPU time of the server; or by the clock, where waiting is a part of what is measured. @default 'cpu' */
  readonly by?: 'cpu' | 'clock';
  /** Whether both must answer alike, headers included. @default false */
  readonly sameAnswer?: boolean;
  /** @default 25 */
  readonly seconds?: number;
}

/** Two servers, loaded by turns; each round begins with the other one. */
export const duel = (settings: Duel): Measure => {
  const { contender, baseline, sameAnswer = false, seconds = 25 } = settings;
  return {
    seconds,
    canRun: () => canRun(contender) && canRun(baseline),
    sides: { contender, baseline },
    run: (bench) =>
      Contender.with(contender, (first) =>
        Contender.with(baseline, async (second) => {
          if (sameAnswer) await assertSameAnswer(first, second);
          bench.progress.step('warming up');
          await first.warmUp(bench.pace);
          await second.warmUp(bench.pace);
          return outcomeOf(await fight(bench, first, second), settings);
        }),
      ),
  };
};

type Round = readonly [contender: Measured, baseline: Measured];

async function fight(bench: Bench, first: Contender, second: Contender): Promise<readonly Round[]> {
  const { rounds, slotMs } = bench.pace;
  const all: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    bench.progress.step(`round ${round + 1} of ${rounds}`);
    if (round % 2 === 0) {
      const contender = await first.measure(slotMs);
      all.push([contender, await second.measure(slotMs)]);
    } else {
      const baseline = await second.measure(slotMs);
      all.push([await first.measure(slotMs), baseline]);
    }
  }
  return all;
}

/**
 * Of what a core can serve: requests for each second of the server's CPU time. On a quiet machine that is the throughput
 * that was observed; where others take their share of a core, it is what would have been.
 */
function outcomeOf(rounds: readonly Round[], { ratio = 'throughput', by = 'cpu' }: Duel): Outcome {
  const ratioOf = (costOf: (slot: Measured) => number) =>
    rounds.map(([contender, baseline]) => {
      const time = costOf(contender) / costOf(baseline);
      return ratio === 'throughput' ? 1 / time : time;
    });
  const byClock = ratioOf(({ perSecond }) => 1 / perSecond);
  const ratios = by === 'clock' ? byClock : ratioOf(({ user, system }) => user + system);
  const contender = summaryOf(rounds.map(([one]) => one));
  const baseline = summaryOf(rounds.map(([, one]) => one));
  const value = spreadOf(ratios);
  const observed = spreadOf(byClock).median;
  const wasIdle = by === 'cpu' && Math.min(contender.busy, baseline.busy) < SATURATED;
  const note = wasIdle ? { note: noteOn(contender, baseline) } : {};
  return { value, rounds: ratios, observed, contender, baseline, ...note };
}

const noteOn = (contender: Summary, baseline: Summary): string =>
  `the servers had ${percent(contender.busy)} and ${percent(baseline.busy)} of their core: others used it, or something else limited them`;

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;

const summaryOf = (slots: readonly Measured[]): Summary => {
  const median = (of: (slot: Measured) => number): number => spreadOf(slots.map(of)).median;
  return {
    perSecond: median(({ perSecond }) => perSecond),
    microseconds: median(({ user, system }) => user + system),
    userMicroseconds: median(({ user }) => user),
    busy: median(({ busy }) => busy),
  };
};
