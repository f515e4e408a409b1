-- Returns how many messages wait, how many are being worked on, how many entries were lost, and the dead letters.
local stem = KEYS[1]
local taken = 0
for _, priority in ipairs(PRIORITIES) do
  local pending = redis.pcall('XPENDING', queue(stem, priority), GROUP)
  if not pending.err then taken = taken + tonumber(pending[1]) end
end
local dead = {}
for _, id in ipairs(redis.call('ZRANGE', stem .. 'dead', 0, -1)) do
  local known = redis.call('HMGET', record(stem, id), 'attempts', 'consumer')
  if known[1] then
    table.insert(dead, {id, tonumber(known[1]), known[2] or '', redis.call('ZSCORE', stem .. 'dead', id)})
  else
    redis.call('ZREM', stem .. 'dead', id)
  end
end
local all = redis.call('SCARD', stem .. 'known')
return {all - taken, taken, tonumber(redis.call('GET', stem .. 'lost') or '0'), dead}
