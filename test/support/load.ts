import { Stopwatch } from './stopwatch.js';

/** One request of a load. */
export interface Shot {
  readonly call: string;
  /** Milliseconds of `performance.now()`. */
  readonly sentAt: number;
  /** As a stopwatch counts: without what the scheduler kept from this process. */
  readonly took: number;
  /** 0 where no answer came within `PATIENCE_MS`. */
  readonly status: number;
}

/** Far more than any promise: a request that takes so long hangs. */
const PATIENCE_MS = 15_000;
const TICK_MS = 10;

/** Sends calls in turn at a steady pace, however long the answers take. */
export class Load {
  private readonly shots: Shot[] = [];
  private readonly underWay = new Set<Promise<void>>();
  private timer: NodeJS.Timeout | null = null;
  private sent = 0;
  private watch: Stopwatch | null = null;
  private isOver = false;
  private readonly calls: { readonly name: string; readonly send: () => Promise<number> }[] = [];

  constructor(private readonly perSecond: number) {}

  /** From now on this is called in its turn too. */
  add(name: string, send: () => Promise<number>): void {
    this.calls.push({ name, send });
  }

  start(): void {
    const from = performance.now();
    this.watch = new Stopwatch();
    this.timer = setInterval(() => {
      const due = Math.floor(((performance.now() - from) * this.perSecond) / 1000);
      while (!this.isOver && this.sent < due) this.sendNext();
    }, TICK_MS);
  }

  /** Waits for all answers. */
  async stop(): Promise<readonly Shot[]> {
    this.isOver = true;
    await Promise.all(this.underWay);
    if (this.timer !== null) clearInterval(this.timer);
    this.watch?.stop();
    return this.shots;
  }

  private sendNext(): void {
    const call = this.calls[this.sent++ % this.calls.length];
    if (call === undefined) return;
    const shot = this.shoot(call.name, call.send).finally(() => this.underWay.delete(shot));
    this.underWay.add(shot);
  }

  private async shoot(call: string, send: () => Promise<number>): Promise<void> {
    const sentAt = performance.now();
    const began = this.watch?.milliseconds ?? 0;
    let timer: NodeJS.Timeout | undefined;
    const hangs = new Promise<number>((resolve) => {
      timer = setTimeout(() => {
        resolve(0);
      }, PATIENCE_MS);
    });
    const status = await Promise.race([send().catch(() => 0), hangs]);
    clearTimeout(timer);
    this.shots.push({
      call,
      sentAt,
      took: (this.watch?.milliseconds ?? 0) - began,
      status,
    });
  }
}
