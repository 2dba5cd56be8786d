import { Module, type DynamicModule } from '@nestjs/common';
import { StoreHealth } from './health/store-health.js';
import { Randomness } from './randomness.js';
import { parseKeyEncryptionKeys, Sealer } from './sealing/sealer.js';
import { STORES_DESCRIPTION, type StoresDescription } from './stores-description.js';
import { RedisConnection } from './stores/redis/redis-connection.js';
import type {
  RedisClient,
  RedisClusterOptions,
  RedisOptions,
  RedisSentinelOptions,
} from './stores/redis/redis-options.js';
import { RedisStoresModule } from './stores/redis/redis-stores.module.js';
import {
  TypeOrmStoresModule,
  type TypeOrmStoresOptions,
} from './stores/typeorm/typeorm-stores.module.js';
import { TypeOrmTransactions } from './stores/typeorm/typeorm-transactions.js';
import { SystemModule } from './system.module.js';

export interface ProductionStoresOptions extends TypeOrmStoresOptions {
  /**
   * One server, Sentinel or Cluster: `redis://user:password@host`, `redis+sentinel://user:password@host,host/name` or
   * `redis+cluster://user:password@host,host`, with `rediss` for TLS; the same as `{ sentinels, name }` or `{ cluster }`;
   * or a client that the host made and closes.
   */
  readonly redis: string | RedisSentinelOptions | RedisClusterOptions | RedisClient;
  /** Key-encryption keys: `kid:base64url(32 bytes)`, separated by commas; the first seals, all open. */
  readonly kek: string;
  /** Begins every Redis key. @default 'sallyport' */
  readonly redisKeyPrefix?: string;
}

const description: StoresDescription = {
  name: 'PostgreSQL and Redis',
  isShared: true,
  isDurable: true,
};

@Module({})
class ProductionStoresModule {}

/**
 * PostgreSQL, through the host's TypeORM DataSource, for what lasts; Redis for what passes.
 * Throws ERR_OPTIONS_INVALID for a Redis URL or key-encryption keys that cannot be read.
 */
export function productionStores(options: ProductionStoresOptions): DynamicModule {
  const { redis, redisKeyPrefix, kek, ...database } = options;
  const keys = parseKeyEncryptionKeys(kek);
  return {
    module: ProductionStoresModule,
    imports: [
      SystemModule,
      TypeOrmStoresModule.forRoot(database),
      RedisStoresModule.forRoot({
        ...redisOptionsOf(redis),
        ...(redisKeyPrefix === undefined ? {} : { keyPrefix: redisKeyPrefix }),
      }),
    ],
    providers: [
      { provide: STORES_DESCRIPTION, useValue: description },
      {
        provide: Sealer,
        inject: [Randomness],
        useFactory: (randomness: Randomness) => new Sealer(keys, randomness),
      },
      {
        provide: StoreHealth,
        inject: [TypeOrmTransactions, RedisConnection],
        useFactory: (database: TypeOrmTransactions, connection: RedisConnection) =>
          new StoreHealth([
            { name: 'postgresql', isEssential: true, ping: () => database.ping() },
            { name: 'redis', isEssential: false, ping: () => connection.ping() },
          ]),
      },
    ],
    exports: [TypeOrmStoresModule, RedisStoresModule, STORES_DESCRIPTION, Sealer, StoreHealth],
  };
}

function redisOptionsOf(redis: ProductionStoresOptions['redis']): RedisOptions {
  if (typeof redis === 'string') return { url: redis };
  return 'isCluster' in redis ? { client: redis } : redis;
}
