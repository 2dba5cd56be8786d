/** What a server measures of itself, in its own process, when the one that measures asks. */
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Load } from '../load/load.js';

/** The least that can be sampled without costing more than a few percent. */
const PROFILE_INTERVAL_MICROSECONDS = 200;
const NANOSECONDS_PER_MS = 1e6;

let ownWork: ((milliseconds: number) => Promise<Load>) | null = null;

/** What the process does when it is told to work. */
export function workIs(work: (milliseconds: number) => Promise<Load>): void {
  ownWork = work;
}

const eventLoop = monitorEventLoopDelay({ resolution: 1 });
const session = new Session();

type Instruments = Record<string, (argument: string) => unknown>;

export const instruments = {
  /** CPU time of this process, of all its threads. */
  cpu: () => process.cpuUsage(),
  work: (milliseconds) => {
    if (ownWork === null) throw new TypeError('this process has no work of its own');
    return ownWork(Number(milliseconds));
  },
  memory: () => {
    globalThis.gc?.();
    return process.memoryUsage();
  },
  startEventLoopDelay: () => {
    eventLoop.enable();
    eventLoop.reset();
  },
  /** In milliseconds; the timer that looks fires once in a millisecond, which is taken off. */
  eventLoopDelay: () => {
    eventLoop.disable();
    const at = (percentile: number): number =>
      Math.max(0, eventLoop.percentile(percentile) / NANOSECONDS_PER_MS - 1);
    return { p50: at(50), p99: at(99), max: Math.max(0, eventLoop.max / NANOSECONDS_PER_MS - 1) };
  },
  startProfile: async () => {
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: PROFILE_INTERVAL_MICROSECONDS });
    await session.post('Profiler.start');
  },
  /** Writes what was sampled as a `.cpuprofile`. */
  writeProfile: async (file: string) => {
    const { profile } = await session.post('Profiler.stop');
    session.disconnect();
    writeFileSync(file, JSON.stringify(profile));
  },
} satisfies Instruments;

export type Instrument = keyof typeof instruments;
export type Reading<I extends Instrument> = Awaited<ReturnType<(typeof instruments)[I]>>;
