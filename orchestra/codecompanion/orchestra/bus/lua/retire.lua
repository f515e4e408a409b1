-- ARGV: consumer, the most attempts, whether to delete it. What it held can be taken by others at once.
-- Deleting a consumer drops its pending entries, so they are put back before.
local made = redis.pcall('XINFO', 'GROUPS', queue(KEYS[1], PRIORITIES[1]))
if made.err or #made == 0 then return 0 end
local count = put_back_all(KEYS[1], ARGV[1], tonumber(ARGV[2]))
if ARGV[3] == '1' then
  for _, priority in ipairs(PRIORITIES) do
    redis.call('XGROUP', 'DELCONSUMER', queue(KEYS[1], priority), GROUP, ARGV[1])
  end
end
return count
