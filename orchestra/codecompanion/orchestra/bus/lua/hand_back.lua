-- ARGV: id, epoch. Lets another consumer have the message, as if it had not been taken.
if held(KEYS[1], ARGV[1], ARGV[2]) then
  redis.call('HINCRBY', record(KEYS[1], ARGV[1]), 'attempts', -1)
  requeue(KEYS[1], ARGV[1])
end
return 'OK'
