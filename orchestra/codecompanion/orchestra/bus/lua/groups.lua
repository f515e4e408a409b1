-- Make the consumer groups of every topic in KEYS; from the very first entry on, for a flush takes them away.
for _, stem in ipairs(KEYS) do
  for _, priority in ipairs(PRIORITIES) do
    local made = redis.pcall('XGROUP', 'CREATE', queue(stem, priority), GROUP, '0', 'MKSTREAM')
    if made.err and not string.find(made.err, 'BUSYGROUP') then return made end
  end
end
return 'OK'
