-- KEYS: the reply's stream. ARGV: milliseconds to keep it. Returns 1 when the reply was not open before.
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('XADD', KEYS[1], '0-1', 'opened', '1')
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
