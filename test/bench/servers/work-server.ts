/** A process of its own for work that needs no HTTP: `node work-server.ts '{"work":…}'`, then by messages. */
import { performance } from 'node:perf_hooks';
import { setImmediate as immediate } from 'node:timers/promises';
import { workIs } from '../measuring/instruments.js';
import type { Load } from '../load/load.js';
import { serve, settingsOf } from '../measuring/parent.js';
import type { Started } from '../measuring/side.js';
import { workOf, type WorkSettings } from '../works/works.js';

/** Looks at the clock, or at what else there is to do, once in so many: either costs as much as the smallest work. */
const BATCH = 64;

/** Goes on from one slot to the next, or the first items would come again and again. */
let turn = 0;

const settings = settingsOf<WorkSettings>();
const { work, inFlight, close } = await workOf(settings);
workIs(async (milliseconds) => {
  const end = performance.now() + milliseconds;
  return inFlight === null ? loop(end) : inParallel(inFlight, end);
});
serve<Started>({ port: 0, credentials: {} }, () => close?.());

/** One after the other, waiting only for what must be waited for. */
async function loop(end: number): Promise<Load> {
  const startedAt = performance.now();
  let requests = 0;
  do {
    for (let step = 0; step < BATCH; step++) {
      const result = work(turn++);
      requests += 1;
      if (result instanceof Promise) await result;
    }
  } while (performance.now() < end);
  return { requests, perSecond: (requests / (performance.now() - startedAt)) * 1000 };
}

/** So many at once, none of which keeps the event loop from what has come for the others. */
async function inParallel(inFlight: number, end: number): Promise<Load> {
  const startedAt = performance.now();
  let requests = 0;
  const one = async (): Promise<void> => {
    while (performance.now() < end) {
      const result = work(turn++);
      requests += 1;
      if (result instanceof Promise) await result;
      else if (requests % BATCH === 0) await immediate();
    }
  };
  await Promise.all(Array.from({ length: inFlight }, one));
  return { requests, perSecond: (requests / (performance.now() - startedAt)) * 1000 };
}
