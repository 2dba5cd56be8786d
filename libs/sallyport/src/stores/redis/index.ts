export { RedisConnection } from './redis-connection.js';
export type {
  RedisClient,
  RedisClusterOptions,
  RedisOptions,
  RedisSentinelOptions,
} from './redis-options.js';
export { RedisStoresModule } from './redis-stores.module.js';
export { RedisThrottlerStorage } from './redis-throttler.storage.js';
