import { fork, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fingerprintOf } from '../../../libs/sallyport/src/revocation/replica/fingerprint.js';
import {
  EpochTable,
  FinalTable,
  FOR_EVER,
} from '../../../libs/sallyport/src/revocation/replica/fingerprint-table.js';
import { hasRealStores, withRealStores, type RealStores } from '../apps/real-stores.js';
import { seed } from '../apps/seeds.js';
import { cores, pinnedTo } from '../measuring/cores.js';
import type { Measure } from '../measuring/measure.js';
import type { Pace } from '../measuring/pace.js';
import { spreadOf } from '../measuring/spread.js';

const INSTANCES = 4;
const REVOCATIONS_PER_ROUND = 100;
const PAGE = 5000;
const program = resolve(import.meta.dirname, '../servers/revocation-instance.ts');

/** What an instance says: how long it took to know all that was revoked before, and when something happened. */
type Said = Readonly<Partial<Record<'loadedMs' | 'refusedAt' | 'answeredAt', number>>>;

const propagation: Measure = {
  seconds: 60,
  canRun: () => hasRealStores,
  run: ({ pace, progress }) =>
    withRealStores(async (stores) => {
      const instances = await startInstances(stores, INSTANCES);
      try {
        const rounds: number[] = [];
        for (let round = 0; round < pace.rounds; round++) {
          progress.step(`round ${round + 1} of ${pace.rounds}`);
          rounds.push(await worstOfMost(instances, round, pace));
        }
        return { value: spreadOf(rounds), rounds };
      } finally {
        await stopAll(instances);
      }
    }),
};

/** Time until a new instance has read everything and may listen. */
const snapshot: Measure = {
  seconds: 60,
  canRun: () => hasRealStores,
  run: ({ pace, progress }) =>
    withRealStores(async (stores) => {
      progress.step('writing a million revocations');
      await seed(stores, { revocations: pace.rounds === 1 ? PAGE : 1_000_000 });
      const rounds: number[] = [];
      for (let round = 0; round < Math.min(3, pace.rounds); round++) {
        progress.step(`start ${round + 1}`);
        const [instance] = await startInstances(stores, 1);
        rounds.push(instance?.loadedMs ?? NaN);
        await stopAll(instance === undefined ? [] : [instance]);
      }
      return { value: spreadOf(rounds), rounds };
    }),
};

const memory = (entries: number): Measure => ({
  seconds: entries / 100_000,
  canRun: () => true,
  run: async ({ pace, progress }) => {
    progress.step(`filling with ${entries}`);
    const { bytes, note } = await fill(pace.rounds === 1 ? PAGE : entries);
    return { value: spreadOf([bytes]), rounds: [bytes], note };
  },
});

export const revocationMeasures = {
  'revocation/propagation': propagation,
  'revocation/snapshot': snapshot,
  'revocation/memory': memory(1_000_000),
  'revocation/memory-10-million': memory(10_000_000),
} satisfies Record<string, Measure>;

interface RunningInstance {
  readonly child: ChildProcess;
  readonly loadedMs: number;
}

/** By turns on the cores that there are. */
async function startInstances(stores: RealStores, count: number): Promise<RunningInstance[]> {
  const instances: RunningInstance[] = [];
  for (let n = 0; n < count; n++) {
    const core = cores === null ? null : [cores.server, cores.load][n % 2];
    const child = fork(program, [JSON.stringify(stores)], pinnedTo(core ?? null));
    instances.push({ child, loadedMs: await told(child, 'loadedMs') });
  }
  return instances;
}

async function stopAll(instances: readonly RunningInstance[]): Promise<void> {
  const ended = instances.map(async ({ child }) => child.exitCode ?? once(child, 'exit'));
  for (const { child } of instances) child.disconnect();
  await Promise.all(ended);
}

/** 99th percentile, in milliseconds from the answer to whoever revoked to the last instance that refuses. */
async function worstOfMost(
  instances: readonly RunningInstance[],
  round: number,
  { slotMs }: Pace,
): Promise<number> {
  const took: number[] = [];
  const revocations = slotMs < 100 ? 5 : REVOCATIONS_PER_ROUND;
  for (let n = 0; n < revocations; n++) {
    took.push(await oneRevocation(instances, `${round}-${n}`, n % instances.length));
    await sleep(20);
  }
  took.sort((a, b) => a - b);
  return took[Math.ceil(took.length * 0.99) - 1] ?? NaN;
}

async function oneRevocation(
  instances: readonly RunningInstance[],
  jti: string,
  revoker: number,
): Promise<number> {
  const refused = instances.map(({ child }) => told(child, 'refusedAt'));
  for (const { child } of instances) child.send({ watch: jti });
  await sleep(30);
  const by = instances[revoker]?.child;
  if (by === undefined) throw new TypeError('no such instance');
  const answered = told(by, 'answeredAt');
  by.send({ revoke: jti });
  const answeredAt = await answered;
  const refusedAt = await Promise.all(refused);
  return Math.max(0, Math.max(...refusedAt) - answeredAt);
}

function told(child: ChildProcess, name: keyof Said): Promise<number> {
  return new Promise((done, failed) => {
    const hear = (said: Said): void => {
      const at = said[name];
      if (at === undefined) return;
      child.off('message', hear);
      child.off('exit', end);
      done(at);
    };
    const end = (): void => {
      failed(new Error('an instance ended'));
    };
    child.on('message', hear);
    child.once('exit', end);
  });
}

/** What so many entries of either sort take, of whichever takes more, and cost. */
async function fill(entries: number): Promise<{ readonly bytes: number; readonly note: string }> {
  const [finals, epochs] = [new FinalTable(), new EpochTable(FOR_EVER)];
  const stalls = monitorEventLoopDelay({ resolution: 1 });
  stalls.enable();
  const began = performance.now();
  for (let from = 0; from < entries; from += PAGE) {
    for (let entry = from; entry < Math.min(entries, from + PAGE); entry++) {
      const { high, low } = fingerprintOf(digestOf(entry));
      finals.add(high, low, FOR_EVER);
      epochs.raise(high, low, 1, 1);
    }
    await sleep(0);
  }
  const microseconds = ((performance.now() - began) * 1000) / entries / 2;
  stalls.disable();
  const [final, epoch] = [finals.bytes / entries, epochs.bytes / entries];
  const note = [
    `${final.toFixed(1)} a final entry, ${epoch.toFixed(1)} an epoch`,
    `${microseconds.toFixed(1)} µs to add one`,
    `${lookups(finals, entries).toFixed(0)} ns to look one up`,
    `held the event loop for ${(stalls.max / 1e6).toFixed(0)} ms at most`,
  ].join('; ');
  return { bytes: Math.max(final, epoch), note };
}

/** Of what is not there, as most are. */
function lookups(table: FinalTable, entries: number): number {
  const absent = Array.from({ length: 100_000 }, (_, n) => fingerprintOf(digestOf(entries + n)));
  const began = performance.now();
  let found = 0;
  for (const { high, low } of absent) if (table.has(high, low, 0)) found++;
  const took = performance.now() - began;
  if (found > 0) throw new TypeError('the table found what is not there');
  return (took * 1e6) / absent.length;
}

const digestOf = (entry: number): Buffer => createHash('sha256').update(`entry ${entry}`).digest();
