-- ARGV: id, channel. Forgets a message wherever it is, and tells its holder.
local stem, id = KEYS[1], ARGV[1]
local known = redis.call('HMGET', record(stem, id), 'key', 'state')
if known[2] then
  drop_entry(stem, id)
  redis.call('DEL', record(stem, id))
  redis.call('SREM', stem .. 'known', id)
  redis.call('ZREM', stem .. 'dead', id)
  if known[2] == 'behind' then
    redis.call('LREM', stem .. 'behind:' .. known[1], 0, id)
  else
    advance(stem, id, known[1])
  end
  if known[2] == 'taken' then redis.call('PUBLISH', ARGV[2], stem .. 'message:' .. id) end
end
redis.call('DEL', stem .. 'done:' .. id)
return 'OK'
