import { jest } from '@jest/globals';

/** What waits goes on waiting in real time. */
const REAL = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] as const;

/** Runs `work` so many seconds from now: what asks for the date, ours or the engine's, is told so. */
export async function secondsLater<T>(seconds: number, work: () => Promise<T>): Promise<T> {
  const wasFake = isTravelling;
  const now = Date.now() + seconds * 1000;
  if (wasFake) jest.setSystemTime(now);
  else jest.useFakeTimers({ doNotFake: [...REAL], now });
  isTravelling = true;
  try {
    return await work();
  } finally {
    if (wasFake) jest.setSystemTime(now - seconds * 1000);
    else jest.useRealTimers();
    isTravelling = wasFake;
  }
}

let isTravelling = false;
