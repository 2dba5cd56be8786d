/** Milliseconds since then: small numbers keep their fractions. 2025-01-01T00:00:00Z. */
export const EPOCH = 1_735_689_600_000;

/**
 * The rules of `throttling/counting/count.ts`, by the clock of Redis. A rate is kept as its theoretical arrival time,
 * followed by what instances hold of it (`name,count,end`, the first to end first); while it blocks, that stands behind
 * `b` and the block's end. A quota is kept as `spent end`. No key is written without its time to live.
 */
export const COUNTING = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + clock[2] / 1000 - ${EPOCH}
local function number(n) return string.format('%.4f', n) end
local function put(key, value, life)
  if life > 0 then redis.call('SET', key, value, 'PX', string.format('%.0f', math.ceil(life)))
  else redis.call('DEL', key) end
end

local function readHoldings(text)
  local holdings, held = {}, 0
  for name, count, ends in string.gmatch(text, '([^,%s]+),([^,%s]+),([^,%s]+)') do
    holdings[#holdings + 1] = { name = name, count = tonumber(count), ends = tonumber(ends) }
    held = held + tonumber(count)
  end
  return holdings, held
end

-- What is owed in milliseconds, what is held, by whom, and milliseconds for which it blocks.
local function readRate(key, interval, ceiling)
  local value = redis.call('GET', key)
  if not value then return 0, 0, nil, 0 end
  local blocked, till, rate = 0, string.match(value, '^b(%S+) (.*)$')
  if till then blocked, value = math.max(0, till - now), rate end
  local arrival = tonumber(value)
  if arrival then return math.min(math.max(0, arrival - now), ceiling), 0, nil, blocked end
  local first, rest = string.match(value, '^(%S+)(.*)$')
  arrival = tonumber(first)
  local holdings, held = readHoldings(rest)
  while holdings[1] and holdings[1].ends <= now do
    arrival = math.max(arrival, holdings[1].ends + held * interval)
    held = held - table.remove(holdings, 1).count
  end
  local taken = held * interval
  return math.min(math.max(arrival - now, taken, 0), math.max(ceiling, taken)), held, holdings, blocked
end

local function writeRate(key, owed, interval, holdings, block)
  local value, life, held = number(now + owed), owed, 0
  for _, holding in ipairs(holdings or {}) do
    value = value .. ' ' .. holding.name .. ',' .. holding.count .. ',' .. number(holding.ends)
    held = held + holding.count
    life = math.max(life, holding.ends - now)
  end
  if held > 0 then life = life + held * interval end
  if block then put(key, 'b' .. number(now + block) .. ' ' .. value, math.max(block, life))
  else put(key, value, life) end
end

local function readQuota(key, start, finish, nextEnd)
  local ends = finish
  if now < start then ends = start elseif now >= finish then ends = nextEnd end
  local value = redis.call('GET', key)
  if value then
    local spent, stored = string.match(value, '^(%S+) (%S+)$')
    if tonumber(stored) == ends then return tonumber(spent), ends end
  end
  return 0, ends
end
`;
