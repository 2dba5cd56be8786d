import { setTimeout as sleep } from 'node:timers/promises';

const TICK_MILLISECONDS = 10;
/** Timers are never on time to the millisecond. */
const USUAL_MILLISECONDS = 5;

/**
 * Counts the time in which this process ran, or waited because it chose to. What the scheduler of a busy machine kept
 * from it is left out: that is no delay of ours. Work that keeps the event loop busy is ours, and counts.
 */
export class Stopwatch {
  private readonly began = performance.now();
  private kept = 0;
  private last = this.began;
  private cpu = process.cpuUsage();
  private readonly timer = setInterval(() => {
    this.kept += this.keptSinceTick();
    this.last = performance.now();
    this.cpu = process.cpuUsage();
  }, TICK_MILLISECONDS);

  get milliseconds(): number {
    return performance.now() - this.began - this.kept - this.keptSinceTick();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private keptSinceTick(): number {
    const late = performance.now() - this.last - TICK_MILLISECONDS;
    if (late < USUAL_MILLISECONDS) return 0;
    const { user, system } = process.cpuUsage(this.cpu);
    return Math.max(0, late - (user + system) / 1000);
  }
}

/** What the work gives, and fails if that took so long. */
export async function inTime<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
  const watch = new Stopwatch();
  const answer = await work().finally(() => {
    watch.stop();
  });
  expect(watch.milliseconds).toBeLessThan(milliseconds);
  return answer;
}

/** Asks again and again, and fails if it is not so in time. */
export async function soon(milliseconds: number, isSo: () => Promise<boolean>): Promise<void> {
  const watch = new Stopwatch();
  try {
    while (!(await isSo())) {
      expect(watch.milliseconds).toBeLessThan(milliseconds);
      await sleep(20);
    }
  } finally {
    watch.stop();
  }
}

/** Milliseconds of the fastest of some tries: a wait that is always there is in it, a slice of another process is not. */
export async function quickest(work: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let tries = 0; tries < 5; tries += 1) {
    const began = performance.now();
    await work();
    times.push(performance.now() - began);
  }
  return Math.min(...times);
}
