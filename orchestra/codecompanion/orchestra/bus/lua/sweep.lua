-- ARGV: consumer, lease in milliseconds, the most attempts. Puts back what nobody extends any more.
-- Returns what was put back; -1 when it is not the time for it.
local stem, lease = KEYS[1], tonumber(ARGV[2])
local now = now_ms()
local known = redis.call('HMGET', stem .. 'sweeps', 'last', 'since')
local last, since = tonumber(known[1] or '0'), tonumber(known[2] or '0')
if now - last < lease / 4 then return -1 end
-- After a stand-still of this server every lease looks run out: its holders get a whole lease to renew it.
if now - last > lease * 0.75 then since = now end
redis.call('HSET', stem .. 'sweeps', 'last', whole(now), 'since', whole(since))
if now - since < lease then return -1 end
local count = 0
for _, priority in ipairs(PRIORITIES) do
  local stream = queue(stem, priority)
  local cursor = '0-0'
  repeat
    local got = redis.pcall('XAUTOCLAIM', stream, GROUP, ARGV[1], lease, cursor, 'COUNT', 100)
    if got.err then return got end
    cursor = got[1]
    for _, entry in ipairs(got[2]) do
      if entry and entry[2] and entry[2][2] then
        if put_back(stem, entry[1], entry[2][2], tonumber(ARGV[3])) then count = count + 1 end
        redis.call('XACK', stream, GROUP, entry[1])
        redis.call('XDEL', stream, entry[1])
      end
    end
    -- entries that were trimmed away while pending: counted as lost; sending the message again mends it
    for _ in ipairs(got[3] or {}) do redis.call('INCR', stem .. 'lost') end
  until cursor == '0-0'
  -- consumers that are long gone and hold nothing
  for _, facts in ipairs(redis.call('XINFO', 'CONSUMERS', stream, GROUP)) do
    local consumer = {}
    for i = 1, #facts, 2 do consumer[facts[i]] = facts[i + 1] end
    if consumer.pending == 0 and consumer.idle > 600000 then
      redis.call('XGROUP', 'DELCONSUMER', stream, GROUP, consumer.name)
    end
  end
end
return count
