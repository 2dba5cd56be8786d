import { requestsOf } from '../load/callers.js';
import type { Bench, Measure, Outcome } from '../measuring/measure.js';
import { openLoad } from '../load/open-load.js';
import { canRun, Contender, type Side } from '../measuring/side.js';
import { spreadOf } from '../measuring/spread.js';
import { byTurns } from '../load/wire.js';
import type { Adapter } from '../servers/listen.js';
import { route } from './route.js';

/** Of what the server answers at most. */
const PART_OF_FULL_LOAD = 0.8;
const SLOTS_PER_ROUND = 4;

/** How long the event loop of a server keeps things waiting that are due: the 99th percentile at four fifths of its full load. */
const delay = (side: Side): Measure => ({
  seconds: 35,
  canRun: () => canRun(side),
  sides: { contender: side, baseline: side },
  run: (bench) =>
    Contender.with(side, async (contender) => {
      bench.progress.step('warming up');
      await contender.warmUp(bench.pace);
      return rounds(bench, contender);
    }),
});

async function rounds({ pace, progress }: Bench, contender: Contender): Promise<Outcome> {
  const { port, credentials } = contender.server.started;
  const conversation = byTurns(requestsOf(credentials));
  const delays: number[] = [];
  const loads: number[] = [];
  for (let round = 0; round < pace.rounds; round++) {
    progress.step(`round ${round + 1} of ${pace.rounds}`);
    const full = (await contender.measure(pace.slotMs)).perSecond;
    const milliseconds = pace.slotMs * SLOTS_PER_ROUND;
    await contender.server.read('startEventLoopDelay');
    const answered = await openLoad(port, conversation, {
      perSecond: full * PART_OF_FULL_LOAD,
      milliseconds,
    });
    delays.push((await contender.server.read('eventLoopDelay')).p99);
    loads.push(answered / full);
  }
  const load = (spreadOf(loads).median * 100).toFixed(0);
  return { value: spreadOf(delays), rounds: delays, note: `answered at ${load} % of full load` };
}

const guarded = (adapter: Adapter): Side => route('Sallyport', { adapter, app: 'guarded' });

export const eventLoopMeasures = {
  'event-loop/fastify': delay(guarded('fastify')),
  'event-loop/express': delay(guarded('express')),
} satisfies Record<string, Measure>;
