--[[
  Reads accounts, after it resolves leases that have ended. Included after period.lua and account.lua.

  KEYS   each account and its leases
  ARGV
    1   now (epoch ms); '' for the server's time
    2   how long a hold that ended is remembered (ms)
    3   a time (epoch ms) in the period to read; '' for the current period
    …   for each account: period, configured limit (nano-USD)

  Returns six numbers for each account, see append_state.
]]
local now_ms, remember_ms, at_ms = clock(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])

local accounts = {}
for index = 1, #KEYS, 2 do accounts[#accounts + 1] = load_account(index, ARGV[3 + index], now_ms) end

local function period_of(account)
  local current = account.current
  if at_ms == nil or account.rolling_ms or (at_ms >= current.start and at_ms < current.ends) then return current end
  local start = period_start(account.period, account.starts, at_ms)
  local period = at_ms < current.start and period_begun_at(account, start) or nil
  return period or { start = start, ends = known_end(account.period, account.starts, start), spent = 0, held = 0, open = 0 }
end

local reply = {}
for position, account in ipairs(accounts) do
  resolve_leases(account, now_ms, remember_ms)
  local limit = tonumber(ARGV[3 + position * 2])
  append_state(reply, account, period_of(account), limit, now_ms)
  -- Moving on to a new period is left to those who spend in it, so that reading leaves no keys behind.
  if account.expired then store_account(account, now_ms, remember_ms) end
end
return reply
