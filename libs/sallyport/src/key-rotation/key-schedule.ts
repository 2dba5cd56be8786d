import { Logger } from '@nestjs/common';

/** Looks at the schedule of one kind of keys again and again, as long as the app runs. */
export class KeySchedule {
  private readonly logger: Logger;
  private timer: NodeJS.Timeout | undefined;
  private ticking: Promise<void> | undefined;

  constructor(
    private readonly rotation: { tick(): Promise<void> },
    private readonly current: { forget(): void },
    /** As the log calls them, and every how many seconds to look. */
    private readonly keys: { readonly name: string; readonly checkEverySeconds: number },
  ) {
    this.logger = new Logger(keys.name);
  }

  async start(): Promise<void> {
    await this.tryTick();
    this.timer = setInterval(() => {
      void this.tryTick();
    }, this.keys.checkEverySeconds * 1000);
    this.timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.ticking?.catch(() => undefined);
  }

  /** Does what the schedule says is due. Concurrent calls share one run. */
  tick(): Promise<void> {
    this.ticking ??= this.rotation.tick().finally(() => {
      this.ticking = undefined;
      this.current.forget();
    });
    return this.ticking;
  }

  /** Never rejects: what is due stays due. */
  async tryTick(): Promise<void> {
    try {
      await this.tick();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.logger.error(`the schedule waits for its next turn: ${reason}`);
    }
  }
}
