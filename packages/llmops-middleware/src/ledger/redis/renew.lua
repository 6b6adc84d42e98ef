--[[
  Extends leases. Holds whose lease has ended are not changed. Included after period.lua and account.lua.

  KEYS   for each hold: the hold, then each of its accounts with its leases
  ARGV
    1   now (epoch ms); '' for the server's time
    2   how long a hold that ended is remembered (ms)
    3   length of the new lease (ms)
    …   for each hold: id, number of its accounts

  Returns the number of holds renewed.
]]
local now_ms, remember_ms, lease_ms = clock(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local lease_end = integer(now_ms + lease_ms)
local keep_ms = integer(lease_ms + remember_ms)
local renewed, key = 0, 1

for argument = 4, #ARGV, 2 do
  local id, account_count = ARGV[argument], tonumber(ARGV[argument + 1])
  local is_open = false
  for index = key + 1, key + 2 * account_count, 2 do
    local current_end = redis.pcall('ZSCORE', KEYS[index + 1], id)
    if type(current_end) == 'table' then corrupted(index + 1, current_end.err) end
    if current_end and tonumber(current_end) > now_ms then
      is_open = true
      redis.call('ZADD', KEYS[index + 1], lease_end, id)
      -- The new lease may be shorter than the old one, and so be the next to end.
      local next_lease = tonumber(redis.call('HGET', KEYS[index], 'next_lease') or '')
      if next_lease and next_lease > now_ms + lease_ms then redis.call('HSET', KEYS[index], 'next_lease', lease_end) end
      -- A long call may outlive its period. With GT, Redis changes no key that expires later or never.
      redis.call('PEXPIRE', KEYS[index], keep_ms, 'GT')
      redis.call('PEXPIRE', KEYS[index + 1], keep_ms, 'GT')
    end
  end
  if is_open then
    renewed = renewed + 1
    redis.call('PEXPIRE', KEYS[key], keep_ms)
  end
  key = key + 1 + 2 * account_count
end
return renewed
