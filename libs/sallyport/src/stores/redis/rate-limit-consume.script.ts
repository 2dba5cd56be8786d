import { COUNTING, EPOCH } from './rate-limit-counting.script.js';
import { RedisScript } from './redis-script.js';

/**
 * KEYS: those of all demands of all requests. ARGV: for each request the number of its demands; for each demand
 * either `interval capacity cost block` (all in milliseconds) or `q limit cost start end nextEnd`.
 * Each request spends all of its demands or none. Answers for each demand what is taken by now (microseconds of a rate,
 * requests of a quota), or if it refuses, minus one minus that; and for a quota milliseconds to its end.
 */
export const consumeScript = new RedisScript(`${COUNTING}
local intervals, capacities, costs, blocks, blocked, levels, fits, holdings, ends = {}, {}, {}, {}, {}, {}, {}, {}, {}
local reply, n, at, first, total, _ = {}, 0, 1, 0, #ARGV, nil
while at <= total do
  local count, isAllowed = tonumber(ARGV[at]), true
  for i = 1, count do
    local key, cost = KEYS[first + i], tonumber(ARGV[at + 3])
    local interval, capacity, level = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), 0
    if interval then
      level, _, holdings[i], blocked[i] = readRate(key, interval, capacity)
      fits[i] = blocked[i] == 0 and level + cost <= capacity + interval / 100
      blocks[i], ends[i] = tonumber(ARGV[at + 4]), nil
      at = at + 4
    else
      level, ends[i] = readQuota(key, ARGV[at + 4] - ${EPOCH}, ARGV[at + 5] - ${EPOCH}, ARGV[at + 6] - ${EPOCH})
      fits[i] = level + cost <= capacity
      at = at + 6
    end
    intervals[i], capacities[i], costs[i], levels[i] = interval, capacity, cost, level
    isAllowed = isAllowed and fits[i]
  end
  at = at + 1
  for i = 1, count do
    local key, level, interval = KEYS[first + i], levels[i], intervals[i]
    if isAllowed then
      level = level + costs[i]
      if ends[i] then put(key, number(level) .. ' ' .. number(ends[i]), ends[i] - now)
      else writeRate(key, level, interval, holdings[i]) end
    elseif interval and not fits[i] and blocks[i] > 0 and capacities[i] > 0 then
      if blocked[i] == 0 then
        blocked[i] = blocks[i]
        writeRate(key, level, interval, holdings[i], blocks[i])
      end
      level = math.max(level, capacities[i] - costs[i] + blocked[i])
    end
    local taken = ends[i] and level or math.floor(level * 1000 + 0.5)
    n = n + 1
    reply[n] = fits[i] and taken or -1 - taken
    if ends[i] then
      n = n + 1
      reply[n] = math.ceil(ends[i] - now)
    end
  end
  first = first + count
end
return reply
`);
