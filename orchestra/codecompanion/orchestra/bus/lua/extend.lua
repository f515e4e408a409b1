-- ARGV: id, epoch, consumer. Renews the lease, for its present holder only.
if not held(KEYS[1], ARGV[1], ARGV[2]) then return 0 end
local at = redis.call('HMGET', record(KEYS[1], ARGV[1]), 'priority', 'entry')
local claimed = redis.call('XCLAIM', queue(KEYS[1], at[1]), GROUP, ARGV[3], 0, at[2], 'JUSTID')
return #claimed
