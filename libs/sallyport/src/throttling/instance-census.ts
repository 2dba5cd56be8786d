import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Randomness } from '../randomness.js';
import { RateLimitStore } from './rate-limit.store.js';
import { THROTTLING_OPTIONS, type ResolvedThrottlingOptions } from './throttling.options.js';

/** So long others may not know of an instance that joins, and deal out its part of a limit too. */
const BEAT_SECONDS = 1;
/** So long one that is gone still counts, or whose beats are lost. */
const LIFE_SECONDS = 20;

/** How many instances share the limits: as the options say, or as many as told the store that they live. */
@Injectable()
export class InstanceCensus implements OnApplicationBootstrap, OnApplicationShutdown {
  /** Names this instance among the holders of leases. */
  readonly holder: string;
  /** From 0 to 1: makes what this instance repeats differ from what others repeat. */
  readonly jitter: number;

  /** What the last beats counted: a store that lost its memory counts too few until all have told it again. */
  private counts: readonly number[] = [1];
  private most = 1;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: RateLimitStore,
    randomness: Randomness,
    @Inject(THROTTLING_OPTIONS) private readonly options: ResolvedThrottlingOptions,
  ) {
    this.holder = randomness.bytes(9).toString('base64url');
    this.jitter = randomness.bytes(1).readUInt8() / 255;
  }

  get instances(): number {
    return this.options.expectedInstances ?? this.most;
  }

  /** Before the app listens, and after the stores are open. */
  async onApplicationBootstrap(): Promise<void> {
    await this.beat();
    this.timer = setInterval(() => void this.beat(), BEAT_SECONDS * 1000).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** While the store is away the last counts stand. */
  private async beat(): Promise<void> {
    try {
      const counted = await this.store.countInstances(this.holder, LIFE_SECONDS);
      this.counts = [...this.counts, counted].slice(-LIFE_SECONDS / BEAT_SECONDS);
      this.most = Math.max(...this.counts);
    } catch {
      // Said by whoever counts requests.
    }
  }
}
