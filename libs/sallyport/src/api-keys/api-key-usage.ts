import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { Clock } from '../clock.js';
import type { ApiKeyUse } from './api-key.js';
import { ApiKeyStore } from './api-key.store.js';

const FLUSH_MILLISECONDS = 5_000;
const BATCH = 1_000;

/**
 * Counts uses in memory and writes them in batches: nothing is written on the request path. A crash loses the
 * counts of the last five seconds at most; a store that is away loses none.
 */
@Injectable()
export class ApiKeyUsage implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger('ApiKeyUsage');
  private pending = new Map<string, { count: number; lastUsedAt: Date }>();
  private timer: NodeJS.Timeout | undefined;
  private flushing: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: ApiKeyStore,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.timer = setInterval(() => void this.flush(), FLUSH_MILLISECONDS);
    this.timer.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }

  record(apiKeyId: string): void {
    this.add({ apiKeyId, count: 1, lastUsedAt: this.clock.now() });
  }

  /** Writes what has been counted so far. Never throws: what cannot be written is kept for the next time. */
  flush(): Promise<void> {
    this.flushing = this.flushing.then(() => this.write());
    return this.flushing;
  }

  private async write(): Promise<void> {
    const uses = [...this.pending].map(([apiKeyId, use]): ApiKeyUse => ({ apiKeyId, ...use }));
    this.pending = new Map();
    for (let start = 0; start < uses.length; start += BATCH) {
      try {
        await this.store.recordUses(uses.slice(start, start + BATCH));
      } catch (error) {
        this.logger.warn(`cannot write usage yet: ${error instanceof Error ? error.message : ''}`);
        for (const use of uses.slice(start)) this.add(use);
        return;
      }
    }
  }

  private add({ apiKeyId, count, lastUsedAt }: ApiKeyUse): void {
    const known = this.pending.get(apiKeyId);
    if (known === undefined) {
      this.pending.set(apiKeyId, { count, lastUsedAt });
      return;
    }
    known.count += count;
    if (lastUsedAt > known.lastUsedAt) known.lastUsedAt = lastUsedAt;
  }
}
