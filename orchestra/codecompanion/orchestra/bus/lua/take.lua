-- KEYS: the stems of the topics. ARGV: consumer. Returns the most urgent message that waits, or nothing.
for _, priority in ipairs(PRIORITIES) do
  for _, stem in ipairs(KEYS) do
    local stream = queue(stem, priority)
    while true do
      local got = redis.pcall(
        'XREADGROUP', 'GROUP', GROUP, ARGV[1], 'COUNT', 1, 'STREAMS', stream, '>')
      if got and got.err then return got end
      local entry = got and got[1] and got[1][2][1]
      if not entry then break end
      local taken = begin(stem, entry[1], entry[2][2], ARGV[1], priority)
      if taken then return taken end
    end
  end
end
return nil
