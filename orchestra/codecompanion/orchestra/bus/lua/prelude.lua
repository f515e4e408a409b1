-- What all scripts of the work queue share. KEYS[1] is the stem of one topic's keys.
--
--   <stem>queue:<priority>   a stream a priority; its entries hold only a message's id
--   <stem>message:<id>       the message and how it stands
--   <stem>known              the ids of all messages that are neither done nor given up
--   <stem>heads              order key -> the id whose turn it is; <stem>behind:<key> lists those after it
--   <stem>done:<id>          the epoch that finished it, for as long as that is remembered
--   <stem>dead               ids given up, by time
local PRIORITIES = {10, 8, 5, 1}
local GROUP = 'workers'

local function queue(stem, priority) return stem .. 'queue:' .. priority end
local function record(stem, id) return stem .. 'message:' .. id end

local function now_ms()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

local function whole(number) return string.format('%.0f', number) end

local function enqueue(stem, id)
  local priority = redis.call('HGET', record(stem, id), 'priority')
  local entry = redis.call('XADD', queue(stem, priority), '*', 'id', id)
  redis.call('HSET', record(stem, id), 'entry', entry, 'state', 'waiting')
end

local function drop_entry(stem, id)
  local at = redis.call('HMGET', record(stem, id), 'priority', 'entry')
  if at[1] and at[2] then
    redis.call('XACK', queue(stem, at[1]), GROUP, at[2])
    redis.call('XDEL', queue(stem, at[1]), at[2])
  end
end

-- Whether the stream still has the entry of a message: someone may have trimmed it away.
local function entry_is_there(stem, id)
  local at = redis.call('HMGET', record(stem, id), 'priority', 'entry')
  return at[1] and at[2] and #redis.call('XRANGE', queue(stem, at[1]), at[2], at[2]) == 1
end

-- The next message of the key follows the one that has gone.
local function advance(stem, id, key)
  if key == '' or redis.call('HGET', stem .. 'heads', key) ~= id then return end
  local following = redis.call('LPOP', stem .. 'behind:' .. key)
  if following then
    redis.call('HSET', stem .. 'heads', key, following)
    enqueue(stem, following)
  else
    redis.call('HDEL', stem .. 'heads', key)
  end
end

local function requeue(stem, id)
  drop_entry(stem, id)
  enqueue(stem, id)
end

-- Give a message up; its record stays for a day, to be looked at.
local function bury(stem, id)
  drop_entry(stem, id)
  local key = redis.call('HGET', record(stem, id), 'key')
  redis.call('HSET', record(stem, id), 'state', 'dead')
  redis.call('PEXPIRE', record(stem, id), 86400000)
  redis.call('ZADD', stem .. 'dead', now_ms(), id)
  redis.call('ZREMRANGEBYRANK', stem .. 'dead', 0, -1001)
  redis.call('SREM', stem .. 'known', id)
  advance(stem, id, key)
end

-- Put back, or give up, the message of an entry that its consumer will not finish.
local function put_back(stem, entry, id, most_attempts)
  local state = redis.call('HMGET', record(stem, id), 'entry', 'attempts')
  if state[1] ~= entry then return false end
  if tonumber(state[2] or '0') >= most_attempts then bury(stem, id) else requeue(stem, id) end
  return true
end

-- Put back all that a consumer has pending, by its own history; returns how many.
local function put_back_all(stem, consumer, most_attempts)
  local count = 0
  for _, priority in ipairs(PRIORITIES) do
    local stream = queue(stem, priority)
    local after = '0'
    while true do
      local got = redis.call('XREADGROUP', 'GROUP', GROUP, consumer, 'COUNT', 100, 'STREAMS', stream, after)
      local entries = got and got[1] and got[1][2] or {}
      if #entries == 0 then break end
      for _, entry in ipairs(entries) do
        after = entry[1]
        local body = entry[2]
        -- an entry that was trimmed away comes without a body: it is counted, and sending again mends it
        if body and body[2] then
          if put_back(stem, entry[1], body[2], most_attempts) then count = count + 1 end
        else
          redis.call('INCR', stem .. 'lost')
        end
        redis.call('XACK', stream, GROUP, entry[1])
        redis.call('XDEL', stream, entry[1])
      end
    end
  end
  return count
end

-- Hand the message of an entry to a consumer; nil when the entry is of no message any more.
local function begin(stem, entry, id, consumer, priority)
  local name = record(stem, id)
  local known = redis.call('HMGET', name, 'entry', 'epoch', 'key', 'payload')
  if known[1] ~= entry then
    redis.call('XACK', queue(stem, priority), GROUP, entry)
    redis.call('XDEL', queue(stem, priority), entry)
    return nil
  end
  local epoch = whole(math.max(now_ms(), tonumber(known[2] or '0') + 1))
  local attempts = redis.call('HINCRBY', name, 'attempts', 1)
  redis.call('HSET', name, 'state', 'taken', 'epoch', epoch, 'consumer', consumer)
  return {stem, id, known[3], tostring(priority), known[4], attempts, epoch, entry}
end

-- Whether the delivery of that epoch is the present one.
local function held(stem, id, epoch)
  local known = redis.call('HMGET', record(stem, id), 'epoch', 'state')
  return known[1] == epoch and known[2] == 'taken'
end
