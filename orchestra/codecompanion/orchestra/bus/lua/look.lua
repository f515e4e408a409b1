-- ARGV: id. Returns state, attempts and consumer.
local stem, id = KEYS[1], ARGV[1]
if redis.call('EXISTS', stem .. 'done:' .. id) == 1 then return {'done', 0, ''} end
local known = redis.call('HMGET', record(stem, id), 'state', 'attempts', 'consumer')
if not known[1] then return {'unknown', 0, ''} end
local state = known[1]
if state == 'behind' then
  state = 'waiting'
elseif state ~= 'dead' and not entry_is_there(stem, id) then
  state = 'unknown'
end
return {state, tonumber(known[2] or '0'), known[3] or ''}
