import { Module, type DynamicModule, type FactoryProvider } from '@nestjs/common';
import { Clock, SystemClock } from '../../clock.js';
import { Randomness, SystemRandomness } from '../../randomness.js';
import { RevocationList } from '../../revocation/revocation.list.js';
import { RateLimitStore } from '../../throttling/rate-limit.store.js';
import { RedisConnection } from './redis-connection.js';
import type { RedisOptions } from './redis-options.js';
import { RedisRateLimitStore } from './redis-rate-limit.store.js';
import { RedisRevocationList } from './redis-revocation.list.js';
import { RedisThrottlerStorage } from './redis-throttler.storage.js';

/**
 * What passes, kept in Redis: rate limits and the blacklist, for all instances together. Also offers
 * `RedisThrottlerStorage` for a ThrottlerModule and `RedisConnection.ping()` for readiness. Closes its
 * connection when the application shuts down.
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
        { provide: RateLimitStore, useClass: RedisRateLimitStore },
        { provide: RevocationList, useClass: RedisRevocationList },
        RedisThrottlerStorage,
      ],
      exports: [RateLimitStore, RevocationList, RedisThrottlerStorage, RedisConnection],
    };
  }
}
