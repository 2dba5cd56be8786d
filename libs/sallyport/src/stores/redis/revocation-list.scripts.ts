import { RedisScript } from './redis-script.js';

/** Whoever is further behind, or longer away, asks the durable store. */
const STREAM_LENGTH = 10_000;
const STREAM_MS = 600_000;

/**
 * The list vouches for itself by a marker `<run id>:<generation>`: written at the end of a rebuild by the very
 * server process that holds the list. A flush takes it away; a restart from an old snapshot or a failover to a
 * replica leaves one that names another process.
 */
const RUN_ID = `local runId = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local function vouched(marker) return marker and string.sub(marker, 1, #runId + 1) == runId .. ':' end
`;

/** KEYS: marker. Answers the marker if this process wrote it, else nil. */
export const verifyScript = new RedisScript(`${RUN_ID}
local marker = redis.call('GET', KEYS[1])
return vouched(marker) and marker or false
`);

/** KEYS: marker, building. ARGV: token, milliseconds. Answers `whole`, `mine` or `busy`. */
export const beginScript = new RedisScript(`${RUN_ID}
if vouched(redis.call('GET', KEYS[1])) then return 'whole' end
local mine = redis.call('SET', KEYS[2], runId .. ':' .. ARGV[1], 'NX', 'PX', ARGV[2])
return mine and 'mine' or 'busy'
`);

/** KEYS: building. ARGV: token, milliseconds. Prolongs the rebuild; answers 0 when it was lost meanwhile. */
export const holdScript = new RedisScript(`${RUN_ID}
if redis.call('GET', KEYS[1]) ~= runId .. ':' .. ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
`);

/** KEYS: marker, building. ARGV: token, milliseconds. Marks the list whole, unless the rebuild was lost. */
export const finishScript = new RedisScript(`${RUN_ID}
local generation = runId .. ':' .. ARGV[1]
if redis.call('GET', KEYS[2]) ~= generation then return 0 end
redis.call('SET', KEYS[1], generation, 'PX', ARGV[2])
return redis.call('DEL', KEYS[2])
`);

/** KEYS: building. ARGV: token. Lets others try after a failed rebuild. */
export const releaseScript = new RedisScript(`${RUN_ID}
if redis.call('GET', KEYS[1]) ~= runId .. ':' .. ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
`);

/**
 * KEYS: marker, stream, then the revocations. ARGV: milliseconds for the marker to live at least, what the stream is
 * to tell ('' for nothing), then of each revocation epoch, instant (0 for none) and milliseconds to live.
 * Epoch, instant and time to live only grow. Without its marker the list is filled again. An entry of the stream names
 * the one before it, by which a reader sees that it missed none.
 */
export const publishScript = new RedisScript(`
local ttl = tonumber(ARGV[1])
for i = 3, #KEYS do
  local epoch, at = tonumber(ARGV[i * 3 - 6]), tonumber(ARGV[i * 3 - 5])
  local life = tonumber(ARGV[i * 3 - 4])
  local known = redis.call('GET', KEYS[i])
  if known then
    local knownEpoch, knownAt = string.match(known, '^(%d+):(%d+)$')
    epoch = math.max(epoch, tonumber(knownEpoch or 0))
    at = math.max(at, tonumber(knownAt or 0))
    life = math.max(life, redis.call('PTTL', KEYS[i]))
  end
  redis.call('SET', KEYS[i], string.format('%.0f:%.0f', epoch, at), 'PX', string.format('%.0f', life))
end
if redis.call('PTTL', KEYS[1]) < ttl then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
if ARGV[2] ~= '' then
  local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', ${STREAM_LENGTH}, '*', 'before', last and last[1] or '0-0', 'told', ARGV[2])
  redis.call('PEXPIRE', KEYS[2], ${STREAM_MS})
end
return 1
`);
