import { RedisScript } from './redis-script.js';

/**
 * The rules of `throttling/sliding-window.ts`, for all demands of a request at once.
 *
 * KEYS: one per demand. ARGV: limit, span and block in milliseconds for each. A key holds
 * `startedAt current previous blockedUntil` and is never written without its time to live.
 * Answers, for each demand: allowed (1 or 0), remaining, milliseconds to the reset, milliseconds to wait.
 */
export const slidingWindowScript = new RedisScript(`
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local function read(key, span)
  local window = { startedAt = now, current = 0, previous = 0, blockedUntil = 0 }
  local text = redis.call('GET', key)
  if not text then return window end
  local numbers = {}
  for number in string.gmatch(text, '%d+') do numbers[#numbers + 1] = tonumber(number) end
  window.blockedUntil = numbers[4]
  local passed = math.floor((now - numbers[1]) / span)
  if passed == 1 then
    window.startedAt = numbers[1] + span
    window.previous = numbers[2]
  elseif passed <= 0 then
    window.startedAt = math.min(now, numbers[1])
    window.current = numbers[2]
    window.previous = numbers[3]
  end
  return window
end

local function write(key, span, window)
  local endsAt = math.max(window.startedAt + 2 * span, window.blockedUntil)
  local text = string.format('%.0f %.0f %.0f %.0f',
    window.startedAt, window.current, window.previous, window.blockedUntil)
  redis.call('SET', key, text, 'PX', string.format('%.0f', math.max(1, endsAt - now)))
end

local function fadesInto(room, previous, span)
  return math.max(0, math.floor(span - 1 - room * span / previous) + 1)
end

local function assess(window, limit, span)
  local elapsed = now - window.startedAt
  local blockedFor = math.max(0, window.blockedUntil - now)
  local faded = math.floor(window.previous * (span - elapsed - 1) / span)
  local room = limit - window.current - faded
  local allowed = room >= 1 and blockedFor == 0
  local wait = 0
  if not allowed then
    if limit < 1 then wait = span
    elseif window.current < limit then
      if window.previous > 0 then
        wait = math.max(0, fadesInto(limit - window.current, window.previous, span) - elapsed)
      end
    else wait = span - elapsed + fadesInto(limit, window.current, span) end
    wait = math.max(wait, blockedFor)
  end
  if blockedFor > 0 then room = 0 end
  return allowed, math.max(0, room), math.max(span - elapsed, blockedFor), wait
end

local demands, isAllowed = {}, true
for i, key in ipairs(KEYS) do
  local limit, span, block =
    tonumber(ARGV[i * 3 - 2]), tonumber(ARGV[i * 3 - 1]), tonumber(ARGV[i * 3])
  local demand = { key = key, limit = limit, span = span, block = block, window = read(key, span) }
  demand.allowed = assess(demand.window, limit, span)
  isAllowed = isAllowed and demand.allowed
  demands[i] = demand
end

local reply = {}
for _, demand in ipairs(demands) do
  local window = demand.window
  if isAllowed then
    local _, remaining, reset = assess(window, demand.limit, demand.span)
    window.current = window.current + 1
    write(demand.key, demand.span, window)
    reply[#reply + 1] = 1
    reply[#reply + 1] = remaining - 1
    reply[#reply + 1] = reset
    reply[#reply + 1] = 0
  else
    if not demand.allowed and demand.block > 0 and demand.limit > 0 and window.blockedUntil <= now then
      window.blockedUntil = now + demand.block
      write(demand.key, demand.span, window)
    end
    local allowed, remaining, reset, wait = assess(window, demand.limit, demand.span)
    reply[#reply + 1] = allowed and 1 or 0
    reply[#reply + 1] = remaining
    reply[#reply + 1] = reset
    reply[#reply + 1] = wait
  end
end
return reply
`);
