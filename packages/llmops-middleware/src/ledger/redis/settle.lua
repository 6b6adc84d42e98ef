--[[
  Counts the true cost of a hold, once, in the periods it was reserved in. Included after period.lua and account.lua.

  KEYS
    1                  the hold
    2, 3, 4, 5, …      each account and its leases
  ARGV
    1   now (epoch ms); '' for the server's time
    2   how long a hold that ended is remembered (ms)
    3   id of the hold
    4   true cost (nano-USD)
    5   when it was reserved (epoch ms), as returned to the caller
    6   the part of the true cost that is not known exactly (nano-USD)
    …   for each account: period, period start, configured limit (nano-USD), shares to report ('0.5,0.8')

  Returns { outcome, account, share, account, share, … }
    outcome   1 settled; 2 restored: there was no record of the hold, so its cost was counted now; 3 duplicate; 4 unknown:
              the hold is so old that it may have been settled and forgotten
    account   counts from 0; share is returned as it was passed
]]
local now_ms, remember_ms, id, cost = clock(ARGV[1]), tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local reserved_at, unknown = tonumber(ARGV[5]), tonumber(ARGV[6])
local can_be_forgotten = reserved_at <= now_ms - remember_ms

local known = redis.pcall('GET', KEYS[1])
if type(known) == 'table' then corrupted(1, known.err) end
if known == 'settled' then return { 3 } end
if known and not string.match(known, '^open:') then corrupted(1, 'a value that is no hold') end

local accounts, holds, lease_ends, found = {}, {}, {}, false
for index = 2, #KEYS, 2 do
  local account = load_account(index, ARGV[5 + index * 2 - 2], now_ms)
  accounts[#accounts + 1] = account
  local record = redis.call('HGET', account.key, 'hold:' .. id)
  local lease_end = redis.pcall('ZSCORE', account.leases, id)
  if type(lease_end) == 'table' then corrupted(index + 1, lease_end.err) end
  if record then
    local amount, rule, start, at = string.match(record, '^(%d+):(%a+):(%d+):(%d+)$')
    if amount == nil then corrupted(index, 'the hold ' .. id .. ' cannot be read') end
    holds[#accounts] =
      { id = id, amount = tonumber(amount), rule = rule, start = tonumber(start), reserved_at = tonumber(at) }
    lease_ends[#accounts] = tonumber(lease_end) or 0
    found = true
  end
end
if not found and can_be_forgotten then return { 4 } end

-- A hold whose lease just ended is settled like an open one, instead of being resolved and then corrected.
for position, account in ipairs(accounts) do
  for entry, expired in ipairs(account.expired or {}) do
    if expired.id == id then table.remove(account.expired, entry) break end
  end
  local hold, argument = holds[position], 7 + 4 * (position - 1)
  if hold and lease_ends[position] > 0 then
    end_hold(account, hold, cost, unknown, now_ms)
  elseif hold then
    local period = period_begun_at(account, hold.start)
    local counted = hold.rule == 'charge' and hold.amount or 0
    if period then spend(account, period, cost - counted, unknown - counted, hold.reserved_at, now_ms) end
  elseif not can_be_forgotten then
    local period = period_begun_at(account, tonumber(ARGV[argument + 1]))
    if period then spend(account, period, cost, unknown, reserved_at, now_ms) end
  end
  account.changed = account.changed or cost > 0 or hold ~= nil
  if hold then
    redis.call('HDEL', account.key, 'hold:' .. id)
    redis.call('ZREM', account.leases, id)
  end
  resolve_leases(account, now_ms, remember_ms)
end

local reply = { found and 1 or 2 }

local function report_notices(account, position)
  local argument = 7 + 4 * (position - 1)
  local shares = ARGV[argument + 3]
  if shares == '' then return end
  local start = holds[position] and holds[position].start or tonumber(ARGV[argument + 1])
  local period = period_begun_at(account, start)
  if period == nil or period.spent <= 0 then return end
  local limit = limit_of(account, period, tonumber(ARGV[argument + 2]), now_ms)

  local reported = {}
  for share, at in string.gmatch(period.notices, '([^=;]+)=(%d+);') do reported[share] = tonumber(at) end
  local has_crossed = false
  for share in string.gmatch(shares, '[^,]+') do
    local is_known = reported[share] and not (account.rolling_ms and now_ms >= reported[share] + account.rolling_ms)
    if not is_known and period.spent >= tonumber(share) * limit then
      reported[share] = now_ms
      has_crossed = true
      reply[#reply + 1] = position - 1
      reply[#reply + 1] = share
    end
  end
  if not has_crossed then return end

  local notices = {}
  for share, at in pairs(reported) do notices[#notices + 1] = share .. '=' .. integer(at) .. ';' end
  period.notices = table.concat(notices)
  account.changed = true
  if period == account.current then redis.call('HSET', account.key, 'notices', period.notices) end
end

for position, account in ipairs(accounts) do
  report_notices(account, position)
  store_account(account, now_ms, remember_ms)
end
redis.call('SET', KEYS[1], 'settled', 'PX', integer(remember_ms))
return reply
