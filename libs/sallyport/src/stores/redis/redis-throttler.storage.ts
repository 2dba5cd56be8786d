import { Injectable, Logger } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import { addSeconds, Clock } from '../../clock.js';
import { MemoryThrottlerStorage } from '../../throttling/memory-throttler.storage.js';
import { hashedForKey, RedisConnection } from './redis-connection.js';
import { throttlerStorageScript } from './throttler-storage.script.js';

type ThrottlerStorageRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/**
 * Storage for any ThrottlerModule, shared by all instances: one atomic call per throttler. While Redis is away
 * each instance counts for itself, logged at most once a minute.
 */
@Injectable()
export class RedisThrottlerStorage implements ThrottlerStorage {
  private readonly logger = new Logger('Sallyport');
  private readonly local: MemoryThrottlerStorage;
  private silentUntil = new Date(0);

  constructor(
    private readonly connection: RedisConnection,
    private readonly clock: Clock,
  ) {
    this.local = new MemoryThrottlerStorage(clock);
  }

  /** Times go in as milliseconds and come back as seconds: throttler's interface. */
  async increment(
    key: string,
    ttl: number,
    limit: number,
    blockDuration: number,
    throttlerName: string,
  ): Promise<ThrottlerStorageRecord> {
    const tag = `${this.connection.prefix}:th:{${hashedForKey(JSON.stringify([throttlerName, key]))}}`;
    try {
      const reply = await this.connection.run((client) =>
        throttlerStorageScript.run(
          client,
          [`${tag}:hits`, `${tag}:state`],
          [ttl, limit, blockDuration],
        ),
      );
      const [totalHits, windowMs, blocked, blockMs] = reply as [number, number, number, number];
      return {
        totalHits,
        timeToExpire: Math.ceil(windowMs / 1000),
        isBlocked: blocked === 1,
        timeToBlockExpire: Math.ceil(blockMs / 1000),
      };
    } catch {
      this.reportOutage();
      return this.local.increment(key, ttl, limit, blockDuration, throttlerName);
    }
  }

  private reportOutage(): void {
    const now = this.clock.now();
    if (now < this.silentUntil) return;
    this.silentUntil = addSeconds(now, 60);
    this.logger.warn('Redis is out of reach: throttlers count for this instance alone');
  }
}
