import { RedisScript } from './redis-script.js';

/**
 * The rules of `throttling/memory-throttler.storage.ts` by the clock of Redis.
 *
 * KEYS: a sorted set of the counted requests by expiry, a hash of the rest (one slot). ARGV: ttl, limit and
 * block duration in milliseconds. Answers: counted requests, milliseconds to the window's end, blocked
 * (1 or 0), milliseconds to the block's end. Both keys get their time to live in the same call.
 */
export const throttlerStorageScript = new RedisScript(`
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local hits, state = KEYS[1], KEYS[2]
local ttl, limit, block = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local known = redis.call('HMGET', state, 'windowEndsAt', 'blockedUntil', 'count')
local windowEndsAt, blockedUntil, count = tonumber(known[1]), tonumber(known[2] or 0), tonumber(known[3] or 0)

redis.call('ZREMRANGEBYSCORE', hits, '-inf', string.format('%.0f', now))
if not windowEndsAt or windowEndsAt <= now then windowEndsAt = now + ttl end
local total = redis.call('ZCARD', hits)

local function add()
  count = count + 1
  redis.call('ZADD', hits, string.format('%.0f', now + ttl), string.format('%.0f', count))
  total = total + 1
end

local blocked, blockedFor = 0, 0
if block <= 0 then
  if total < limit then add() else
    blocked = 1
    local oldest = redis.call('ZRANGE', hits, 0, 0, 'WITHSCORES')
    blockedFor = (tonumber(oldest[2]) or windowEndsAt) - now
    total = total + 1
  end
elseif blockedUntil > now then
  blocked = 1
  blockedFor = blockedUntil - now
else
  if blockedUntil > 0 then
    redis.call('DEL', hits)
    total = 0
    blockedUntil = 0
    add()
  else
    add()
    if total > limit then
      blockedUntil = now + block
      blocked = 1
      blockedFor = block
    end
  end
end

local latest = redis.call('ZRANGE', hits, -1, -1, 'WITHSCORES')
local endsAt = math.max(windowEndsAt, blockedUntil, tonumber(latest[2]) or 0)
local life = string.format('%.0f', math.max(1, endsAt - now))
redis.call('HSET', state, 'windowEndsAt', string.format('%.0f', windowEndsAt),
  'blockedUntil', string.format('%.0f', blockedUntil), 'count', string.format('%.0f', count))
redis.call('PEXPIRE', state, life)
redis.call('PEXPIRE', hits, life)
return { total, windowEndsAt - now, blocked, blockedFor }
`);
