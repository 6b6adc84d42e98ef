--[[
  Sets or removes the limit of an account. Included after period.lua and account.lua.

  KEYS
    1, 2   the account and its leases
  ARGV
    1   now (epoch ms); '' for the server's time
    2   how long a hold that ended is remembered (ms)
    3   period
    4   limit (nano-USD); '' to remove it
    5   lasts: period | always

  Returns 1.
]]
local now_ms, remember_ms, limit = clock(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[4])
local account = load_account(1, ARGV[3], now_ms)
resolve_leases(account, now_ms, remember_ms)
account.changed = true

if ARGV[5] == 'period' then
  account.current.limit = limit
  if limit then
    local until_ms = account.rolling_ms and now_ms + account.rolling_ms or account.current.ends
    redis.call('HSET', KEYS[1], 'period_limit', integer(limit), 'period_limit_until', integer(until_ms))
  else
    redis.call('HDEL', KEYS[1], 'period_limit', 'period_limit_until')
  end
else
  account.limit = limit
  if limit then redis.call('HSET', KEYS[1], 'limit', integer(limit)) else redis.call('HDEL', KEYS[1], 'limit') end
end
store_account(account, now_ms, remember_ms)

-- An account with a limit without an end does not expire. Without such a limit, it expires again.
if account.limit then
  redis.call('PERSIST', KEYS[1])
else
  local expires = redis.call('HGET', KEYS[1], 'expires')
  if expires then redis.call('PEXPIRE', KEYS[1], integer(expires - now_ms)) end
end
return 1
