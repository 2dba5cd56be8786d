import type { ThrottlerStorage } from '@nestjs/throttler';
import { Redis } from 'ioredis';
import { CALLERS } from '../apps/names.js';
import type { RealStores } from '../apps/real-stores.js';
import { rival } from '../rivals/rival.js';
import { limitCases, type LimitCases } from './limits.js';
import { each, type Work } from './work.js';

/** As many as a busy server has. */
const IN_FLIGHT = 50;
const LIMIT = 10_000_000;
const WINDOW_MS = 60_000;

/** The two limits of a request of one of a thousand callers. */
export async function limiter(
  { redis, redisKeyPrefix }: RealStores,
  how: 'exact' | 'leased' | 'handWritten',
): Promise<Work> {
  const cases: LimitCases = await limitCases(redis, redisKeyPrefix);
  return { work: cases[how], inFlight: IN_FLIGHT, close: () => cases.close() };
}

interface NestLab {
  readonly ThrottlerStorageRedisService: new (client: Redis) => ThrottlerStorage;
}

/** One limit: its storage counts one at a time. */
export async function nestLab(stores: RealStores): Promise<Work> {
  const { ThrottlerStorageRedisService } = await rival<NestLab>(
    '@nest-lab/throttler-storage-redis',
  );
  const redis = new Redis(stores.redis, { keyPrefix: `${stores.redisKeyPrefix}:` });
  const storage = new ThrottlerStorageRedisService(redis);
  const trackers = Array.from({ length: CALLERS }, (_, caller) => `user-${caller}`);
  const work = each(trackers, async (tracker) => {
    const { isBlocked } = await storage.increment(tracker, WINDOW_MS, LIMIT, WINDOW_MS, 'default');
    if (isBlocked) throw new Error('nobody should reach this limit');
  });
  return { work, inFlight: IN_FLIGHT, close: () => redis.quit() };
}
