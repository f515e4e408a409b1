-- ARGV: id, order key, priority, payload, the most messages of a topic. Returns how the message stood before.
local stem, id, key = KEYS[1], ARGV[1], ARGV[2]
if redis.call('EXISTS', stem .. 'done:' .. id) == 1 then return 'done' end
local state = redis.call('HGET', record(stem, id), 'state')
if state then
  if (state == 'waiting' or state == 'taken') and not entry_is_there(stem, id) then
    redis.call('INCR', stem .. 'lost')
    requeue(stem, id)
    return 'lost'
  end
  return state
end
if redis.call('SCARD', stem .. 'known') >= tonumber(ARGV[5]) then return 'full' end
redis.call('SADD', stem .. 'known', id)
redis.call('HSET', record(stem, id), 'key', key, 'priority', ARGV[3], 'payload', ARGV[4], 'attempts', '0')
if key ~= '' and redis.call('HSETNX', stem .. 'heads', key, id) == 0 then
  redis.call('RPUSH', stem .. 'behind:' .. key, id)
  redis.call('HSET', record(stem, id), 'state', 'behind')
else
  enqueue(stem, id)
end
return 'unknown'
