-- KEYS: the reply's stream. ARGV: epoch, number, text, milliseconds to keep it. Returns 1 when the piece is in.
-- The piece's place is its entry's id, so one that is added twice stands there once.
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
if not newest then return 0 end
local epoch, number = string.match(newest[1], '^(%d+)-(%d+)$')
epoch, number = tonumber(epoch), tonumber(number)
local mine, next = tonumber(ARGV[1]), tonumber(ARGV[2])
if mine < epoch then return 0 end
if mine == epoch and next <= number then return 1 end
if next ~= (mine == epoch and number + 1 or 1) then return 0 end
redis.call('XADD', KEYS[1], ARGV[1] .. '-' .. ARGV[2], 'text', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
