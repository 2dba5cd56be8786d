import { hasRealStores, withRealStores, type RealStores } from '../apps/real-stores.js';
import { BenchServer } from '../measuring/bench-server.js';
import { requestsOf } from '../load/callers.js';
import { cores } from '../measuring/cores.js';
import { load } from '../load/load.js';
import type { Bench, Measure, Outcome } from '../measuring/measure.js';
import type { Started } from '../measuring/side.js';
import { spreadOf } from '../measuring/spread.js';
import { byTurns, type Conversation } from '../load/wire.js';
import type { RouteSettings } from '../servers/route-apps.js';

type Instance = BenchServer<Started>;

/** The second has the core that the load, PostgreSQL and Redis are on: a machine with four would show more. */
const twoInstances: Measure = {
  seconds: 40,
  canRun: () => hasRealStores,
  run: (bench) =>
    withRealStores(async (stores) => {
      const first = await start(stores, {});
      const second = await start(
        stores,
        { joins: first.started.credentials },
        cores?.load ?? undefined,
      );
      try {
        return await compare(bench, first, second);
      } finally {
        await second.stop();
        await first.stop();
      }
    }),
};

const start = (
  stores: RealStores,
  settings: Partial<RouteSettings>,
  core?: number,
): Promise<Instance> =>
  BenchServer.start(
    'route-server.ts',
    { adapter: 'fastify', app: 'guarded', stores, ...settings },
    core,
  );

async function compare(bench: Bench, first: Instance, second: Instance): Promise<Outcome> {
  const { pace, progress } = bench;
  const conversation = byTurns(requestsOf(first.started.credentials));
  progress.step('warming up');
  for (let slot = 0; slot < pace.warmUpSlots; slot++) {
    await perSecond([first, second], conversation, pace.warmUpMs);
  }
  const ratios: number[] = [];
  for (let round = 0; round < pace.rounds; round++) {
    progress.step(`round ${round + 1} of ${pace.rounds}`);
    const one = await perSecond([first], conversation, pace.slotMs);
    ratios.push((await perSecond([first, second], conversation, pace.slotMs)) / one);
  }
  const value = spreadOf(ratios);
  return { value, rounds: ratios, note: 'the second instance shares its core with the load' };
}

async function perSecond(
  instances: readonly Instance[],
  conversation: Conversation,
  milliseconds: number,
): Promise<number> {
  const loads = instances.map(({ started }) => load(started.port, [conversation], milliseconds));
  return (await Promise.all(loads)).reduce((sum, one) => sum + one.perSecond, 0);
}

export const instanceMeasures = {
  'instances/fastify': twoInstances,
} satisfies Record<string, Measure>;
