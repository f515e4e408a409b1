-- KEYS: a hash of members, their times by name. Returns name and record of those present; forgets the others.
local now = now_ms()
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now)) do
  redis.call('ZREM', KEYS[2], name)
  redis.call('HDEL', KEYS[1], name)
end
local present = {}
for _, name in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
  local known = redis.call('HGET', KEYS[1], name)
  if known then table.insert(present, {name, known}) end
end
return present
