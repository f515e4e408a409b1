-- KEYS: a hash of members, their times by name. ARGV: name, badge.
local known = redis.call('HGET', KEYS[1], ARGV[1])
if known and cjson.decode(known).badge == ARGV[2] then
  redis.call('HDEL', KEYS[1], ARGV[1])
  redis.call('ZREM', KEYS[2], ARGV[1])
end
return 'OK'
