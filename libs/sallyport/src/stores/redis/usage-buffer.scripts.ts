import { RedisScript } from './redis-script.js';

/** KEYS: batches. ARGV: `<id> <batch>`, how many there may be, seconds to live. Answers 0 when there is no room. */
export const pushScript = new RedisScript(`
if redis.call('LLEN', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
`);

/** KEYS: batches, holder. ARGV: who asks, milliseconds to hold, how many. Takes nothing away. */
export const peekScript = new RedisScript(`
local holder = redis.call('GET', KEYS[2])
if holder and holder ~= ARGV[1] then return {} end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return redis.call('LRANGE', KEYS[1], 0, tonumber(ARGV[3]) - 1)
`);

/** KEYS: batches. ARGV: ids. Takes the oldest away while they are of these ids. */
export const removeScript = new RedisScript(`
local ids = {}
for _, id in ipairs(ARGV) do ids[id] = true end
local entry = redis.call('LINDEX', KEYS[1], 0)
while entry and ids[string.match(entry, '^%S*')] do
  redis.call('LPOP', KEYS[1])
  entry = redis.call('LINDEX', KEYS[1], 0)
end
return 1
`);

/** KEYS: holder. ARGV: who lets go. */
export const releaseScript = new RedisScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
`);
