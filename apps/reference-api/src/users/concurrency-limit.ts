import { SallyportError } from '@sallyport/nest';

/** Lets so much work run at once and so much wait for its turn; what comes on top is told to come back. */
export class ConcurrencyLimit {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly maxRunning: number,
    private readonly maxWaiting: number,
  ) {}

  /** In the order of coming. Throws ERR_STORE_UNAVAILABLE when as much is waiting as may. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.enter();
    try {
      return await work();
    } finally {
      this.leave();
    }
  }

  private async enter(): Promise<void> {
    if (this.running < this.maxRunning) {
      this.running += 1;
      return;
    }
    if (this.waiting.length >= this.maxWaiting) {
      throw new SallyportError('ERR_STORE_UNAVAILABLE', {
        reason: 'too many passwords are being checked',
        retryAfterSeconds: 1,
      });
    }
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  private leave(): void {
    const next = this.waiting.shift();
    // Whoever waits takes the place over, so that nobody who comes in between can.
    if (next === undefined) this.running -= 1;
    else next();
  }
}
