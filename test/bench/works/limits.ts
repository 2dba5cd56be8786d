import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import { SystemClock } from '../../../libs/sallyport/src/clock.js';
import { SystemRandomness } from '../../../libs/sallyport/src/randomness.js';
import { RedisConnection } from '../../../libs/sallyport/src/stores/redis/redis-connection.js';
import { RedisRateLimitStore } from '../../../libs/sallyport/src/stores/redis/redis-rate-limit.store.js';
import { Limit } from '../../../libs/sallyport/src/throttling/counting/limit.js';
import { DemandSet } from '../../../libs/sallyport/src/throttling/demands/demand-set.js';
import { InstanceCensus } from '../../../libs/sallyport/src/throttling/instance-census.js';
import { RateLimiter } from '../../../libs/sallyport/src/throttling/rate-limiter.js';
import { RequestLimits } from '../../../libs/sallyport/src/throttling/request-limits.js';
import { resolveThrottlingOptions } from '../../../libs/sallyport/src/throttling/throttling.options.js';

/** What anyone would write: GCRA for two limits, all or nothing, in one call. */
const HAND_WRITTEN = `
local t = redis.call('TIME')
local now = t[1] * 1000 + t[2] / 1000
local tats = {}
for i, key in ipairs(KEYS) do
  local tat = math.max(now, tonumber(redis.call('GET', key) or 0))
  if tat + ARGV[i * 2 - 1] - now > tonumber(ARGV[i * 2]) then return { 0, tostring(tat - now) } end
  tats[i] = tat + ARGV[i * 2 - 1]
end
for i, key in ipairs(KEYS) do
  redis.call('SET', key, string.format('%.3f', tats[i]), 'PX', math.ceil(tats[i] - now))
end
return { 1, tostring(tats[1] - now), tostring(tats[2] - now) }`;

const CALLERS = 1000;
const LIMIT = 10_000_000;
const WINDOW_SECONDS = 60;

/** One request's two limits, spent; a promise where that needs Redis. */
export type SpendLimits = (caller: number) => unknown;

export interface LimitCases {
  /** One EVALSHA for the two limits of a request, written by hand. */
  readonly handWritten: SpendLimits;
  readonly exact: SpendLimits;
  readonly leased: SpendLimits;
  close(): Promise<void>;
}

/** The two limits of a request (client, user), for 1,000 callers, on the Redis at `url`, under keys of that prefix. */
export async function limitCases(url: string, keyPrefix: string): Promise<LimitCases> {
  const connection = new RedisConnection({ url, keyPrefix });
  await connection.open();
  const store = new RedisRateLimitStore(connection, new SystemClock());
  const options = resolveThrottlingOptions({}, []);
  const census = new InstanceCensus(store, new SystemRandomness(), options);
  const limiter = new RateLimiter(store, new SystemClock(), census);
  const limits = new RequestLimits(limiter, census);
  limits.onModuleInit();

  const demands = Array.from({ length: CALLERS }, (_, n) =>
    ['client', 'user'].map((policy) => ({
      ...{ policy, group: `client ${n}`, tracker: policy },
      ...{ limit: LIMIT, windowSeconds: WINDOW_SECONDS },
    })),
  );
  const exact = demands.map((pair) => pair.map((demand) => new Limit(demand)));
  const leased = exact.map((pair) => new DemandSet(pair, []));
  const client = new Redis(url, { enableAutoPipelining: false });
  await client.script('LOAD', HAND_WRITTEN);
  const sha = createHash('sha1').update(HAND_WRITTEN).digest('hex');
  const interval = (WINDOW_SECONDS * 1000) / LIMIT;
  const tolerance = WINDOW_SECONDS * 1000;
  const keys = demands.map((_, n) => [`${keyPrefix}:{${n}}:a`, `${keyPrefix}:{${n}}:b`] as const);

  return {
    handWritten: (caller) => {
      const [a, b] = keys[caller % CALLERS] ?? ['', ''];
      return client.evalsha(sha, 2, a, b, interval, tolerance, interval, tolerance);
    },
    exact: (caller) => limiter.consume(exact[caller % CALLERS] ?? []),
    leased: (caller) => {
      const set = leased[caller % CALLERS] ?? DemandSet.NONE;
      return limits.spendHeld(set, limits.now()) || limits.spend(set);
    },
    close: async () => {
      await limits.beforeApplicationShutdown();
      limits.onApplicationShutdown();
      client.disconnect();
      connection.close();
    },
  };
}
