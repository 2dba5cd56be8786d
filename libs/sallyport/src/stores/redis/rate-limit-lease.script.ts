import { COUNTING, EPOCH } from './rate-limit-counting.script.js';
import { RedisScript } from './redis-script.js';

/**
 * KEYS: one per request. ARGV for each: kind (`r`, `q`, `c`), interval in milliseconds, capacity in requests, holder,
 * held, need, want, giveBack, life in milliseconds, start, end and nextEnd of a quota's period.
 * Answers for each: granted, level in thousandths of a request, milliseconds to the quota's end.
 */
export const leaseScript = new RedisScript(`${COUNTING}
local function hold(holdings, holder, count, ends)
  local kept = {}
  for _, holding in ipairs(holdings or {}) do
    if holding.name ~= holder then kept[#kept + 1] = holding end
  end
  if count > 0 then kept[#kept + 1] = { name = holder, count = count, ends = ends } end
  table.sort(kept, function(a, b) return a.ends < b.ends end)
  return kept
end

local reply = {}
for k, key in ipairs(KEYS) do
  local at = (k - 1) * 12
  local kind, interval, capacity = ARGV[at + 1], tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local holder, held, need = ARGV[at + 4], tonumber(ARGV[at + 5]), tonumber(ARGV[at + 6])
  local want, giveBack, life = tonumber(ARGV[at + 7]), tonumber(ARGV[at + 8]), tonumber(ARGV[at + 9])
  local level, ends, holdings, _ = 0, nil, nil, nil
  if kind == 'q' then
    level, ends = readQuota(key, ARGV[at + 10] - ${EPOCH}, ARGV[at + 11] - ${EPOCH}, ARGV[at + 12] - ${EPOCH})
    -- What comes back was taken in the period that its sender was in: of another it would lower the count.
    if ends == ARGV[at + 11] - ${EPOCH} then level = level - giveBack end
  elseif kind == 'r' then
    level, _, holdings = readRate(key, interval, capacity * interval)
    level = level / interval - giveBack
  else
    _, level, holdings = readRate(key, 0, 0)
    level = level + held
    for _, holding in ipairs(holdings or {}) do
      if holding.name == holder then level = level - holding.count end
    end
  end
  level = math.max(0, level)
  local room = math.max(0, math.floor(capacity - level + 0.01))
  local granted = math.min(room, math.max(need, math.min(want, math.floor(room / 2))))
  level = level + granted
  if kind == 'q' then put(key, number(level) .. ' ' .. number(ends), ends - now)
  else
    holdings = hold(holdings, holder, held + granted, now + life)
    if kind == 'r' then writeRate(key, level * interval, interval, holdings)
    else writeRate(key, 0, 0, holdings) end
  end
  reply[k * 3 - 2] = granted
  reply[k * 3 - 1] = math.floor(level * 1000 + 0.5)
  reply[k * 3] = ends and math.ceil(ends - now) or 0
end
return reply
`);
