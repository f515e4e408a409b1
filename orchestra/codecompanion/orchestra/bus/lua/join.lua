-- KEYS: a hash of members, their times by name. ARGV: name, badge, facts, milliseconds to count as present.
-- Returns 0 when another one of that name is present, 1 for a newcomer, 2 for one that was there.
local now = now_ms()
local known = redis.call('HGET', KEYS[1], ARGV[1])
local expires = tonumber(redis.call('ZSCORE', KEYS[2], ARGV[1]) or '0')
local member = known and cjson.decode(known)
local same = member and member.badge == ARGV[2]
if member and not same and expires > now then return 0 end
local since = same and member.since or now
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode({badge = ARGV[2], since = since, facts = ARGV[3]}))
redis.call('ZADD', KEYS[2], now + tonumber(ARGV[4]), ARGV[1])
return same and 2 or 1
