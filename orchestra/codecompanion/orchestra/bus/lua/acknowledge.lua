-- ARGV: id, epoch, milliseconds to remember it. An acknowledgement that is repeated is as good as the first.
local stem, id, epoch = KEYS[1], ARGV[1], ARGV[2]
if held(stem, id, epoch) then
  local key = redis.call('HGET', record(stem, id), 'key')
  drop_entry(stem, id)
  redis.call('DEL', record(stem, id))
  redis.call('SREM', stem .. 'known', id)
  redis.call('SET', stem .. 'done:' .. id, epoch, 'PX', ARGV[3])
  advance(stem, id, key)
  return 1
end
return redis.call('GET', stem .. 'done:' .. id) == epoch and 1 or 0
