import { Module, type DynamicModule, type FactoryProvider } from '@nestjs/common';
import { Clock, SystemClock } from '../../clock.js';
import { EphemeralRecordStore } from '../../ephemeral/ephemeral-record.store.js';
import { ReplayStore } from '../../ephemeral/replay.store.js';
import { Randomness, SystemRandomness } from '../../randomness.js';
import { RevocationList } from '../../revocation/revocation.list.js';
import { RateLimitStore } from '../../throttling/rate-limit.store.js';
import { UsageBuffer } from '../../usage/usage.buffer.js';
import { RedisConnection } from './redis-connection.js';
import { RedisEphemeralRecordStore } from './redis-ephemeral-record.store.js';
import type { RedisOptions } from './redis-options.js';
import { RedisRateLimitStore } from './redis-rate-limit.store.js';
import { RedisReplayStore } from './redis-replay.store.js';
import { RedisRevocationList } from './redis-revocation.list.js';
import { RedisThrottlerStorage } from './redis-throttler.storage.js';
import { RedisUsageBuffer } from './redis-usage.buffer.js';

/**
 * What passes, kept in Redis: rate limits, the blacklist, ephemeral records and what was presented once, for all
 * instances together. Also offers `RedisThrottlerStorage` for a ThrottlerModule and `RedisConnection.ping()` for
 * readiness. Closes its connection when the application shuts down.
 */
@Module({})
export class RedisStoresModule {
  /** Throws ERR_OPTIONS_INVALID for a URL that is none. */
  static forRoot(options: RedisOptions): DynamicModule {
    const connection: FactoryProvider<RedisConnection> = {
      provide: RedisConnection,
      useFactory: () => new RedisConnection(options),
    };
    return {
      module: RedisStoresModule,
      providers: [
        connection,
        { provide: Clock, useClass: SystemClock },
        { provide: Randomness, useClass: SystemRandomness },
        { provide: EphemeralRecordStore, useClass: RedisEphemeralRecordStore },
        { provide: RateLimitStore, useClass: RedisRateLimitStore },
        { provide: ReplayStore, useClass: RedisReplayStore },
        { provide: RevocationList, useClass: RedisRevocationList },
        { provide: UsageBuffer, useClass: RedisUsageBuffer },
        RedisThrottlerStorage,
      ],
      exports: [
        EphemeralRecordStore,
        RateLimitStore,
        ReplayStore,
        RevocationList,
        UsageBuffer,
        RedisThrottlerStorage,
        RedisConnection,
      ],
    };
  }
}
