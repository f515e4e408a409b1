-- ARGV: consumer, priority, entry, id. Hands over the message of an entry that was read while waiting for one.
return begin(KEYS[1], ARGV[3], ARGV[4], ARGV[1], ARGV[2])
