/** Written from the .lua files beside it by lua-files.test.ts. */
export const luaFiles = {
  'account.lua': `--[[
  An account: its current period, its previous period and its open holds. Included after period.lua.

  A script first reads everything it needs (load_account), so that it finds a damaged key before it writes anything. Then
  it changes the Lua tables. Last, store_account writes them. Amounts are whole nano-USD below 2^53, times are epoch ms.

  Hash account:<period>:<account>
    format                            marks the key as an account of this library, with the version of its format
    start ends                        the current period; a rolling window starts at 0 and has no end
    spent held open                   nano-USD spent, nano-USD held, number of open holds
    period_limit period_limit_until   a limit for this period only
    notices                           shares that were reported, and when: '<share>=<ms>;<share>=<ms>;'
    unknown                           charged costs that are not known exactly: '<since>=<nano-USD>;…'. since is the start
                                      of a period; for a rolling window, the index of a step. Absent while there are none
    previous_start previous_spent previous_held previous_open previous_limit previous_notices
    limit                             a limit without an end
    next_lease                        no lease ends before this time
    by                                the start of the current period, if this release began it. For a rolling window: 0,
                                      or when this release first found one of an earlier release. Absent in earlier releases
    wide                              a value too long for a packed hash, in which Redis searches each field from the start
    expires                           when the key expires, unless it has a limit without an end
    hold:<id>                         '<amount>:<charge|release>:<period start>:<reserved at>'
    oldest step:<index>               rolling windows: the index of the first step with spend, and the spend of each step
  Sorted set leases:<period>:<account>
    <id>   its score is the end of its lease. Once the lease is resolved: the time at which to forget it, negative

  Errors
    LLMOPS_CORRUPTED <index of the key> <what was found>
]]
local FORMAT = 'llmops-account-1'
local NEVER_MS = 9007199254740991
local STEPS = 60
local WIDE = string.rep('-', 65)
-- The length of 'month'. Only periods with a time zone, and rolling windows, have longer names.
local LONGEST_PLAIN = 5
-- A clock that is set back further than this was wrong before. After a smaller step, the script waits for the clock.
local SMALL_STEP_MS = 300000
-- Long enough for a running caller to renew its lease, whatever the lease's length.
local LEASE_AFTER_BACK_MS = 3600000

-- Lua prints large numbers with an exponent. %d has 64 bits, and is several times faster than %.0f.
local function integer(number)
  return string.format('%d', number)
end

local function corrupted(key_index, found)
  error('LLMOPS_CORRUPTED ' .. key_index .. ' ' .. found, 0)
end

local function whole(key_index, field, text)
  local number = tonumber(text)
  if number == nil or number ~= floor(number) or math.abs(number) > NEVER_MS then
    corrupted(key_index, field .. ' is not a whole number')
  end
  return number
end

-- A count below zero would add to what may be spent.
local function count(key_index, field, text)
  local number = whole(key_index, field, text)
  if number < 0 then corrupted(key_index, field .. ' is below zero') end
  return number
end

local function clock(given)
  if given ~= '' then return tonumber(given) end
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + floor(tonumber(time[2]) / 1000)
end

local function load_unknown(account, text)
  if not text then return end
  account.unknown = {}
  for since, amount in string.gmatch(text, '(%d+)=(%-?%d+);') do account.unknown[tonumber(since)] = tonumber(amount) end
end

local function step_fields(first)
  local fields = {}
  for index = first, first + STEPS + 1 do fields[#fields + 1] = 'step:' .. integer(index) end
  return fields
end

-- Moves spend that a clock that was ahead put into later steps to the current step, or it would leave the window late.
local function pull_window_back(account, now_ms)
  local now_step = floor(now_ms / account.step_ms)
  account.left_steps = step_fields(account.oldest)
  account.oldest, account.pulled_to = now_step, now_step
  for step, amount in pairs(account.unknown or {}) do
    if step > now_step then
      account.unknown[step] = nil
      account.unknown[now_step] = (account.unknown[now_step] or 0) + amount
      account.unknown_changed = true
    end
  end
  account.went_back, account.changed = true, true
end

-- Reads the steps from the oldest on, removes those that left the window, and finds the new oldest one.
local function move_window(account, now_ms)
  local step_ms = math.ceil(account.rolling_ms / STEPS)
  account.step_ms = step_ms
  account.first_step = floor((now_ms - account.rolling_ms) / step_ms)
  local oldest = account.oldest
  if oldest and oldest * step_ms > now_ms + SMALL_STEP_MS then return pull_window_back(account, now_ms) end
  if oldest == nil or oldest >= account.first_step then return end

  local fields = step_fields(oldest)
  local values = redis.call('HMGET', account.key, unpack(fields))
  account.oldest = nil
  account.left_steps = {}
  for position, value in ipairs(values) do
    local index = oldest + position - 1
    local spent = value and whole(account.index, fields[position], value) or 0
    if index < account.first_step then
      account.current.spent = account.current.spent - spent
      if value then table.insert(account.left_steps, fields[position]) end
    elseif spent > 0 and account.oldest == nil then
      account.oldest = index
    end
  end
  account.changed = true
end

local function new_period(account, at_ms)
  local start = period_start(account.period, account.starts, at_ms)
  local ends = known_end(account.period, account.starts, start)
  return { start = start, ends = ends, spent = 0, held = 0, open = 0, notices = '' }
end

local function turn_period(account, now_ms)
  account.previous = account.current
  account.has_previous = true
  account.current = new_period(account, now_ms)
  account.turned = true
  account.changed = true
end

local function load_previous(account)
  if account.has_previous == nil then
    local fields = redis.call('HMGET', account.key, 'previous_start', 'previous_spent', 'previous_held', 'previous_open',
      'previous_limit', 'previous_notices')
    account.has_previous = true
    if fields[1] then
      account.previous = {
        start = whole(account.index, 'previous_start', fields[1]), spent = count(account.index, 'previous_spent', fields[2]),
        held = count(account.index, 'previous_held', fields[3]), open = count(account.index, 'previous_open', fields[4]),
        limit = fields[5] and whole(account.index, 'previous_limit', fields[5]), notices = fields[6] or '',
      }
      account.previous.ends = known_end(account.period, account.starts, account.previous.start) or account.current.start
    end
  end
  return account.previous
end

-- The clock was ahead and began a period too early. What was counted there moves to the period of the current time.
local function go_back(account, now_ms)
  local previous, current = load_previous(account), new_period(account, now_ms)
  local early = { account.current }
  if previous and previous.start == current.start then current = previous
  elseif previous and previous.start > current.start then early[2] = previous end
  for _, period in ipairs(early) do
    for _, sum in ipairs({ 'spent', 'held', 'open' }) do current[sum] = current[sum] + period[sum] end
    local unknown = account.unknown and account.unknown[period.start]
    if unknown then
      account.unknown[current.start] = (account.unknown[current.start] or 0) + unknown
      account.unknown[period.start] = nil
      account.unknown_changed = true
    end
  end
  account.current, account.previous = current, nil
  account.turned, account.went_back, account.changed = true, true, true
end

-- Whether an earlier release began the account's period. Those releases do not know the scope accounts of a tenant.
local function is_of_earlier_release(account, now_ms)
  if account.is_new or (account.turned and not account.went_back) then return false end
  if not account.rolling_ms then return account.by ~= integer(account.current.start) and not account.went_back end
  if not account.by or account.by == '' then
    account.by, account.by_changed, account.changed = integer(now_ms), true, true
  end
  return tonumber(account.by) > 0 and now_ms < tonumber(account.by) + account.rolling_ms + account.step_ms
end

-- Called for a claim of an earlier release: from now on the period counts as begun by that release.
local function mark_earlier(account, now_ms)
  account.by, account.by_changed = account.rolling_ms and integer(now_ms) or '', true
end

-- Reads the holds whose lease has ended, before anything is written.
local function load_expired(account, now_ms)
  if now_ms < account.next_lease then return end
  local ids = redis.pcall('ZRANGEBYSCORE', account.leases, '(0', integer(now_ms))
  if ids.err then corrupted(account.index + 1, ids.err) end
  account.expired = {}
  for _, id in ipairs(ids) do
    local record = redis.call('HGET', account.key, 'hold:' .. id)
    local amount, rule, start, reserved_at = string.match(record or '', '^(%d+):(%a+):(%d+):(%d+)$')
    if amount == nil then corrupted(account.index, 'the hold ' .. id .. ' cannot be read') end
    table.insert(account.expired, {
      id = id, amount = tonumber(amount), rule = rule, start = tonumber(start), reserved_at = tonumber(reserved_at),
    })
  end
end

-- KEYS[index] is the account, KEYS[index + 1] its leases.
local function load_account(index, period, now_ms)
  local key = KEYS[index]
  local fields = redis.pcall('HMGET', key, 'format', 'start', 'ends', 'spent', 'held', 'open', 'next_lease', 'expires',
    'limit', 'period_limit', 'period_limit_until', 'notices', 'oldest', 'unknown', 'by')
  if fields.err then corrupted(index, fields.err) end
  local account = { index = index, key = key, leases = KEYS[index + 1], period = period, by = fields[15] }
  if #period > LONGEST_PLAIN then account.rolling_ms, account.starts = rolling_ms(period), starts_of(period) end

  if not fields[1] then
    if redis.call('EXISTS', key) == 1 then corrupted(index, 'a hash that is no account') end
    account.current = account.rolling_ms and { start = 0, ends = NEVER_MS, spent = 0, held = 0, open = 0, notices = '' }
      or new_period(account, now_ms)
    account.next_lease, account.expires, account.turned = NEVER_MS, 0, true
    account.is_new = true
  else
    if fields[1] ~= FORMAT then corrupted(index, 'the format ' .. fields[1] .. ' instead of ' .. FORMAT) end
    account.current = {
      start = whole(index, 'start', fields[2]), ends = whole(index, 'ends', fields[3]),
      spent = count(index, 'spent', fields[4]), held = count(index, 'held', fields[5]),
      open = count(index, 'open', fields[6]), notices = fields[12] or '',
      limit = fields[10] and whole(index, 'period_limit', fields[10]),
      limit_until = fields[11] and whole(index, 'period_limit_until', fields[11]),
    }
    account.next_lease = whole(index, 'next_lease', fields[7])
    account.expires = whole(index, 'expires', fields[8])
    account.limit = fields[9] and whole(index, 'limit', fields[9])
    account.oldest = fields[13] and whole(index, 'oldest', fields[13]) or nil
    load_unknown(account, fields[14])
  end

  if account.rolling_ms then
    move_window(account, now_ms)
  elseif now_ms >= account.current.ends then
    turn_period(account, now_ms)
  elseif now_ms < account.current.start - SMALL_STEP_MS then
    go_back(account, now_ms)
  end
  load_expired(account, now_ms)
  return account
end

-- Returns the period that began at start_ms: the current or the previous one, or nil if it is older.
local function period_begun_at(account, start_ms)
  if account.rolling_ms or start_ms >= account.current.start then return account.current end
  local previous = load_previous(account)
  if previous and previous.start == start_ms and previous.ends == account.current.start then return previous end
  if start_ms == known_start(account.period, account.starts, account.current.start - 1) then
    previous = { start = start_ms, ends = account.current.start, spent = 0, held = 0, open = 0, notices = '' }
    account.previous = previous
    return previous
  end
  return nil
end

-- Adds an amount to its step of a rolling window. Returns false if the step has left the window.
local function spend_in_step(account, amount, reserved_at, now_ms)
  local index = floor(math.min(reserved_at, now_ms) / account.step_ms)
  if index < account.first_step then return false end
  local field = 'step:' .. integer(index)
  local spent = redis.call('HINCRBY', account.key, field, integer(amount))
  if spent > 0 then
    account.oldest = math.min(account.oldest or index, index)
  else
    redis.call('HDEL', account.key, field)
    if account.oldest == index then
      account.oldest = nil
      for position, value in ipairs(redis.call('HMGET', account.key, unpack(step_fields(index)))) do
        if value and account.oldest == nil then account.oldest = index + position - 1 end
      end
    end
  end
  return true
end

-- The charged costs of a period that are not known exactly. The sum is below 0 only if an earlier release counted some.
local function unknown_of(account, period)
  if account.unknown == nil then return 0 end
  local sum = account.unknown[period.start] or 0
  if account.rolling_ms then
    sum = 0
    for step, amount in pairs(account.unknown) do
      if step >= account.first_step then sum = sum + amount end
    end
  end
  return math.max(0, sum)
end

local function add_unknown(account, period, amount, reserved_at, now_ms)
  if amount == 0 then return end
  local since = account.rolling_ms and floor(math.min(reserved_at, now_ms) / account.step_ms) or period.start
  account.unknown = account.unknown or {}
  account.unknown[since] = (account.unknown[since] or 0) + amount
  account.unknown_changed = true
end

local function spend(account, period, amount, unknown, reserved_at, now_ms)
  add_unknown(account, period, unknown, reserved_at, now_ms)
  if amount == 0 then return end
  if account.rolling_ms and not spend_in_step(account, amount, reserved_at, now_ms) then return end
  period.spent = period.spent + amount
end

-- Removes an open hold from the account, and adds its cost to the spend.
local function end_hold(account, hold, cost, unknown, now_ms)
  account.changed = true
  local period = period_begun_at(account, hold.start)
  if period == nil then return end
  period.held = period.held - hold.amount
  period.open = period.open - 1
  spend(account, period, cost, unknown, hold.reserved_at, now_ms)
end

-- Charges or releases every hold whose lease has ended. Its record stays for remember_ms, for a late settlement.
local function resolve_leases(account, now_ms, remember_ms)
  if account.expired == nil then return end
  for _, hold in ipairs(account.expired) do
    -- The cost of such a hold is not known.
    local cost = hold.rule == 'charge' and hold.amount or 0
    end_hold(account, hold, cost, cost, now_ms)
    redis.call('ZADD', account.leases, integer(-(now_ms + remember_ms)), hold.id)
  end
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', account.leases, integer(-now_ms), '(0')) do
    redis.call('HDEL', account.key, 'hold:' .. id)
    redis.call('ZREM', account.leases, id)
  end
  local next_lease = redis.call('ZRANGEBYSCORE', account.leases, '(' .. integer(now_ms), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
  account.next_lease = tonumber(next_lease[2]) or NEVER_MS
  account.changed = true
end

local function limit_of(account, period, configured, now_ms)
  if period.limit and (not account.rolling_ms or now_ms < period.limit_until) then return period.limit end
  return account.limit or configured
end

-- For a rolling window, the time at which the oldest spend leaves it; now, if there is no spend.
local function resets_at(account, period, now_ms)
  if not account.rolling_ms then return period.ends end
  if account.oldest == nil then return now_ms end
  return (account.oldest + 1) * account.step_ms + account.rolling_ms
end

-- Stores the periods, or steps, that still count.
local function store_unknown(account)
  if not account.unknown_changed then return end
  local current = account.current
  local first = account.first_step or known_start(account.period, account.starts, current.start - 1) or 0
  local text = {}
  for since, amount in pairs(account.unknown) do
    if since >= first and amount ~= 0 then text[#text + 1] = integer(since) .. '=' .. integer(amount) .. ';' end
  end
  if #text > 0 then redis.call('HSET', account.key, 'unknown', table.concat(text))
  else redis.call('HDEL', account.key, 'unknown') end
end

-- Leases that were set by a clock that was ahead would end too late.
local function shorten_leases(account, now_ms)
  local soon = now_ms + LEASE_AFTER_BACK_MS
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', account.leases, integer(now_ms + DAY_MS), '+inf')) do
    redis.call('ZADD', account.leases, integer(soon), id)
  end
  account.next_lease = math.min(account.next_lease, soon)
end

-- Writes the changes. The key expires after the end of the next period, plus remember_ms and the longest lease.
local function store_account(account, now_ms, remember_ms)
  if not account.changed then return end
  if account.went_back then shorten_leases(account, now_ms) end
  local current = account.current
  local fields = { 'spent', integer(current.spent), 'held', integer(current.held), 'open', integer(current.open),
    'next_lease', integer(account.next_lease) }
  local function set(name, value)
    fields[#fields + 1] = name
    fields[#fields + 1] = value
  end

  local expires = account.expires
  if account.rolling_ms then
    local wanted = now_ms + 2 * account.rolling_ms + remember_ms + DAY_MS
    if account.turned or wanted - expires > account.step_ms then expires = wanted end
    if account.oldest then set('oldest', integer(account.oldest)) else redis.call('HDEL', account.key, 'oldest') end
  elseif account.turned then
    local next_end = known_end(account.period, account.starts, current.ends) or current.ends + 32 * DAY_MS
    expires = next_end + remember_ms + DAY_MS
  end
  if account.turned then
    set('format', FORMAT)
    set('wide', WIDE)
    set('start', integer(current.start))
    set('ends', integer(current.ends))
    set('notices', current.notices)
    if not account.by_changed then account.by, account.by_changed = integer(current.start), true end
    if not current.limit then redis.call('HDEL', account.key, 'period_limit', 'period_limit_until') end
  end
  local previous = account.previous
  if previous then
    set('previous_start', integer(previous.start))
    set('previous_spent', integer(previous.spent))
    set('previous_held', integer(previous.held))
    set('previous_open', integer(previous.open))
    set('previous_notices', previous.notices)
    if previous.limit then set('previous_limit', integer(previous.limit))
    else redis.call('HDEL', account.key, 'previous_limit') end
  elseif account.turned then
    redis.call('HDEL', account.key, 'previous_start')
  end
  if account.left_steps and #account.left_steps > 0 then redis.call('HDEL', account.key, unpack(account.left_steps)) end

  if account.by_changed then set('by', account.by) end
  if account.pulled_to then set('step:' .. integer(account.pulled_to), integer(current.spent)) end
  if expires ~= account.expires then set('expires', integer(expires)) end
  redis.call('HSET', account.key, unpack(fields))
  store_unknown(account)
  if expires ~= account.expires then
    if not account.limit then redis.call('PEXPIRE', account.key, integer(expires - now_ms)) end
    redis.call('PEXPIRE', account.leases, integer(expires - now_ms))
  end
end

-- Appends six numbers to the reply: spent, held, open holds, limit, reset time, unknown. Amounts are text, because
-- clients round integers near 2^53.
local function append_state(reply, account, period, configured_limit, now_ms)
  local size = #reply
  reply[size + 1] = integer(period.spent)
  reply[size + 2] = integer(period.held)
  reply[size + 3] = period.open
  reply[size + 4] = integer(limit_of(account, period, configured_limit, now_ms))
  reply[size + 5] = resets_at(account, period, now_ms)
  reply[size + 6] = integer(unknown_of(account, period))
end
`,
  'period.lua': `--[[
  Calendar periods, exact for whole milliseconds. Included before account.lua.

  A period is named 'hour', 'day', 'week' (from Monday), 'month' (in UTC) or 'rolling-<milliseconds>'. The name of a
  period in a time zone lists the starts of the periods around the caller's time: 'month@Europe/Berlin|<ms>,<ms>,…'. The
  time of the script selects one of them.

  Errors
    LLMOPS_TIME <ms>   the caller did not list the start of the period at that time, or of the next one
]]
local HOUR_MS, DAY_MS, WEEK_MS = 3600000, 86400000, 604800000
-- 1970-01-01 was a Thursday.
local FIRST_MONDAY_MS = 4 * DAY_MS
local floor = math.floor

-- The day of the month comes from the civil calendar of howardhinnant.github.io/date_algorithms.html, whose years begin
-- in March so that the leap day is the last one.
local function month_start(at_ms)
  local days = floor(at_ms / DAY_MS)
  local day_of_era = (days + 719468) % 146097
  local year_of_era = floor((day_of_era - floor(day_of_era / 1460) + floor(day_of_era / 36524)
    - floor(day_of_era / 146096)) / 365)
  local day_of_year = day_of_era - (365 * year_of_era + floor(year_of_era / 4) - floor(year_of_era / 100))
  local month = floor((5 * day_of_year + 2) / 153)
  return (days - (day_of_year - floor((153 * month + 2) / 5))) * DAY_MS
end

-- The starts listed in the name of a period in a time zone. nil for a period in UTC and for a rolling window.
local function starts_of(period)
  local list = string.match(period, '|(.*)$')
  if list == nil then return nil end
  local starts = {}
  for start in string.gmatch(list, '%d+') do starts[#starts + 1] = tonumber(start) end
  return starts
end

-- The start of the period at the given time. nil if the caller did not list it.
local function known_start(period, starts, at_ms)
  if period == 'month' then return month_start(at_ms) end
  if period == 'day' then return at_ms - at_ms % DAY_MS end
  if period == 'hour' then return at_ms - at_ms % HOUR_MS end
  if period == 'week' then return at_ms - (at_ms - FIRST_MONDAY_MS) % WEEK_MS end
  for index = #starts - 1, 1, -1 do
    if at_ms >= starts[index] then return at_ms < starts[index + 1] and starts[index] or nil end
  end
  return nil
end

local function known_end(period, starts, start_ms)
  if period == 'month' then return month_start(start_ms + 32 * DAY_MS) end
  if period == 'day' then return start_ms + DAY_MS end
  if period == 'hour' then return start_ms + HOUR_MS end
  if period == 'week' then return start_ms + WEEK_MS end
  for _, start in ipairs(starts) do
    if start > start_ms then return start end
  end
  return nil
end

-- The start of the period at the script's time. Called before anything is written, because it may raise an error.
local function period_start(period, starts, at_ms)
  return known_start(period, starts, at_ms) or error('LLMOPS_TIME ' .. string.format('%.0f', at_ms), 0)
end

-- The length of a rolling window in ms; nil for a calendar period.
local function rolling_ms(period)
  return tonumber(string.match(period, '^rolling%-(%d+)$'))
end
`,
  'read.lua': `--[[
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
`,
  'renew.lua': `--[[
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
`,
  'reserve-short.lua': `--[[
  The short path of reserve.lua, with the same keys, arguments and replies. It handles one account, in a calendar period
  that has not ended, without leases that have ended, and with enough money for the whole first offer. In every other case
  it writes nothing and reserve.lua decides. It comes first, because defining the functions of the others takes longer.
]]
do
  local fields = #KEYS == 3 and ARGV[12] == '' and redis.pcall('HMGET', KEYS[2], 'format', 'start', 'ends', 'spent', 'held',
    'open', 'next_lease', 'expires', 'limit', 'period_limit', 'unknown')
  if fields and fields[1] == 'llmops-account-1' and not fields[11] and fields[2] and string.byte(fields[2]) ~= 48 then
    local now_ms = tonumber(ARGV[1])
    if now_ms == nil then
      local time = redis.call('TIME')
      now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
    end
    local claim = 9 + 4 * ARGV[8]
    local start, ends, next_lease = tonumber(fields[2]), tonumber(fields[3]), tonumber(fields[7])
    local spent, held, open, expires = tonumber(fields[4]), tonumber(fields[5]), tonumber(fields[6]), tonumber(fields[8])
    local limit = tonumber(fields[10] or fields[9] or ARGV[claim + 1])
    local amount, below = tonumber(ARGV[9]), tonumber(ARGV[11])
    if start and ends and next_lease and spent and held and open and expires and limit and ARGV[claim + 2] ~= ''
      and now_ms >= start and now_ms < ends and now_ms < next_lease
      and spent >= 0 and held >= 0 and open >= 0 and spent % 1 == 0 and held % 1 == 0 and open % 1 == 0 and spent < 9007199254740992 and held < 9007199254740992
      and not (below and spent >= below * limit) then
      local most = limit - spent - held
      if held > 0 then most = math.floor(most * ARGV[6]) end
      if amount <= most and redis.pcall('ZCARD', KEYS[3]) == open then
        local integer = string.format
        local lease_ms, now = tonumber(ARGV[4]), integer('%d', now_ms)
        local keep_ms = lease_ms + ARGV[2]
        if redis.call('SET', KEYS[1], 'open:0:' .. ARGV[9] .. ':' .. now, 'PX', integer('%d', keep_ms), 'NX') then
          local lease_end = integer('%d', now_ms + lease_ms)
          local held_now = integer('%d', held + amount)
          redis.call('ZADD', KEYS[3], lease_end, ARGV[3])
          redis.call('HSET', KEYS[2], 'held', held_now, 'open', open + 1, 'next_lease',
            next_lease < now_ms + lease_ms and fields[7] or lease_end, 'hold:' .. ARGV[3],
            ARGV[9] .. ':' .. ARGV[5] .. ':' .. fields[2] .. ':' .. now)
          -- Redis deletes the set, with its expiry, when its last lease is removed. A new set needs an expiry.
          if open == 0 then redis.call('PEXPIRE', KEYS[3], integer('%d', math.max(expires - now_ms, keep_ms))) end
          return { 1, 0, ARGV[9], now_ms, fields[4], held_now, open + 1,
            integer('%d', limit), ends, '0' }
        end
      end
    end
  end
end
`,
  'reserve.lua': `--[[
  Decides and holds in one step, on every account or on none. Included after period.lua and account.lua.

  KEYS
    1                  the hold
    2, 3, 4, 5, …      each account and its leases; then, for each claim with 'other', its former account and its leases
  ARGV
    1   now (epoch ms); '' for the server's time
    2   how long a hold that ended is remembered (ms)
    3   id of the hold
    4   length of the lease (ms)
    5   at the end of the lease: charge | release
    6   contended share (0 to 1]: while other holds are open, one hold gets at most this share of what remains
    7   if open holds leave less than the offer's amount: clamp | wait (refused as held)
    8   number of offers; then for each: amount, floor (nano-USD), below share, amount to leave (nano-USD), '' for none
    …   for each claim: period, configured limit (nano-USD), account that earlier releases charge instead: same | other
        (its former account) | '' (the claim comes from an earlier release)

  While a period that an earlier release began runs, former accounts pay too. They follow the accounts of the claims.

  Returns
    { 1, offer, amount, reserved at, states… }     held; offers count from 0
    { 0, account, reason, states… }                refused; accounts count from 0, reason 1: spent, 2: held
    { 2 }                                          the id belongs to a hold that has ended
  States are six numbers for each account, see append_state. Those of former accounts come last, each after the number of
  its claim, which counts from 0.
]]
local now_ms, remember_ms, id, lease_ms = clock(ARGV[1]), tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local rule, contended_share, waits, offer_count = ARGV[5], tonumber(ARGV[6]), ARGV[7] == 'wait', tonumber(ARGV[8])
local first_claim = 9 + 4 * offer_count

local known = redis.pcall('GET', KEYS[1])
if type(known) == 'table' then corrupted(1, known.err) end

local claim_count = (#ARGV - first_claim + 1) / 3
local accounts, limits = {}, {}
-- For each former account, by its position in accounts: the claim that it belongs to.
local claim_of = {}

local function must_pay(account, limit)
  local leases = redis.pcall('ZCARD', account.leases)
  if type(leases) == 'table' then corrupted(account.index + 1, leases.err) end
  accounts[#accounts + 1] = account
  limits[#accounts] = limit
end

local is_shared, next_former = false, 2 + 2 * claim_count
for claim = 0, claim_count - 1 do
  local argument = first_claim + 3 * claim
  local account = load_account(2 + 2 * claim, ARGV[argument], now_ms)
  must_pay(account, tonumber(ARGV[argument + 1]))
  local former = ARGV[argument + 2]
  if former == '' then mark_earlier(account, now_ms)
  elseif former == 'same' and is_of_earlier_release(account, now_ms) then is_shared = true end
end
if #KEYS >= next_former then
  for claim = 0, claim_count - 1 do
    local argument = first_claim + 3 * claim
    if ARGV[argument + 2] == 'other' then
      local key = KEYS[next_former]
      local pays = is_shared
      if known then pays = redis.pcall('HEXISTS', key, 'hold:' .. id) == 1 end
      if pays or redis.call('EXISTS', key) == 1 then
        local account = load_account(next_former, ARGV[argument], now_ms)
        local is_earlier = is_of_earlier_release(account, now_ms)
        if pays or is_earlier and not known then
          must_pay(account, tonumber(ARGV[argument + 1]))
          claim_of[#accounts] = claim
        end
      end
      next_former = next_former + 2
    end
  end
end

for _, account in ipairs(accounts) do resolve_leases(account, now_ms, remember_ms) end

local function reply_with_states(reply)
  for position, account in ipairs(accounts) do
    if claim_of[position] then reply[#reply + 1] = claim_of[position] end
    append_state(reply, account, account.current, limits[position], now_ms)
    store_account(account, now_ms, remember_ms)
  end
  return reply
end

if known then
  local offer, amount, reserved_at = string.match(known, '^open:(%d+):(%d+):(%d+)$')
  if offer == nil and known ~= 'settled' then corrupted(1, 'a value that is no hold') end
  local is_open = offer and (tonumber(redis.call('ZSCORE', accounts[1].leases, id)) or 0) > 0
  if not is_open then
    reply_with_states({})
    return { 2 }
  end
  return reply_with_states({ 1, tonumber(offer), amount, tonumber(reserved_at) })
end

-- The same decision as decide.ts.
local function decide()
  local refused_by, reason = 0, nil
  for offer = 0, offer_count - 1 do
    local whole, least = tonumber(ARGV[9 + 4 * offer]), tonumber(ARGV[10 + 4 * offer])
    local below_share, leaves = tonumber(ARGV[11 + 4 * offer]), tonumber(ARGV[12 + 4 * offer])
    local amount = whole
    reason = nil
    for position, account in ipairs(accounts) do
      local current = account.current
      local limit = limit_of(account, current, limits[position], now_ms)
      local is_closed = below_share and current.spent >= below_share * limit
      if leaves and whole > 0 and not is_closed then
        local available = limit - current.spent - current.held
        local most = available
        if current.held > 0 then most = available * contended_share end
        is_closed = most < whole or available - whole < leaves
      end
      -- A call at no cost fits, even past the limit, unless the offer is closed.
      if is_closed or whole > 0 then
        local unspent = limit - current.spent
        if is_closed or unspent < least then
          refused_by, reason = position - 1, 1
          break
        end
        local is_contended = current.held > 0
        local available = unspent - current.held
        local most = available
        if is_contended then most = math.max(least, floor(available * contended_share)) end
        if available < least or (waits and is_contended and most < whole) then
          if reason == nil then refused_by = position - 1 end
          reason = 2
        else
          amount = math.min(amount, most)
        end
      end
    end
    if reason == nil then return offer, amount end
    -- The next offer is tried if money is missing, not if waiting would help.
    if reason == 2 and waits then break end
  end
  return nil, nil, refused_by, reason
end

local offer, amount, refused_by, reason = decide()
if offer == nil then return reply_with_states({ 0, refused_by, reason }) end

local lease_end = now_ms + lease_ms
for _, account in ipairs(accounts) do
  local current = account.current
  local was_empty = current.open == 0
  current.held = current.held + amount
  current.open = current.open + 1
  account.next_lease = math.min(account.next_lease, lease_end)
  account.changed = true
  redis.call('HSET', account.key, 'hold:' .. id,
    integer(amount) .. ':' .. rule .. ':' .. integer(current.start) .. ':' .. integer(now_ms))
  redis.call('ZADD', account.leases, integer(lease_end), id)
  -- Redis deletes the set, with its expiry, when its last lease is removed. A new set needs an expiry.
  if was_empty then
    redis.call('PEXPIRE', account.leases, integer(math.max(account.expires - now_ms, lease_ms + remember_ms)))
  end
end
redis.call('SET', KEYS[1], 'open:' .. offer .. ':' .. integer(amount) .. ':' .. integer(now_ms), 'PX',
  integer(lease_ms + remember_ms))
return reply_with_states({ 1, offer, integer(amount), now_ms })
`,
  'set-limit.lua': `--[[
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
`,
  'settle-short.lua': `--[[
  The short path of settle.lua, with the same keys, arguments and replies. It handles one account, in a calendar period
  that has not ended, an open hold of that period and a known cost, without leases that have ended or notices to report.
  In every other case it writes nothing and settle.lua decides. It comes first, because defining the functions of the
  others takes longer.
]]
do
  local fields = #KEYS == 3 and ARGV[6] == '0' and ARGV[10] == '' and redis.pcall('HMGET', KEYS[2], 'format', 'start', 'ends',
    'spent', 'held', 'open', 'next_lease', 'hold:' .. ARGV[3])
  if fields and fields[1] == 'llmops-account-1' and fields[8] and fields[2] and string.byte(fields[2]) ~= 48 then
    local now_ms = tonumber(ARGV[1])
    if now_ms == nil then
      local time = redis.call('TIME')
      now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
    end
    local amount, begun = string.match(fields[8], '^(%d+):%a+:(%d+):%d+$')
    local start, ends, next_lease = tonumber(fields[2]), tonumber(fields[3]), tonumber(fields[7])
    local spent, held, open, cost = tonumber(fields[4]), tonumber(fields[5]), tonumber(fields[6]), tonumber(ARGV[4])
    if begun == fields[2] and ends and next_lease and spent and held and open
      and now_ms >= start and now_ms < ends and now_ms < next_lease
      and spent >= 0 and held >= 0 and open >= 0 and spent % 1 == 0 and held % 1 == 0 and open % 1 == 0 and spent < 9007199254740992 and held < 9007199254740992 then
      local lease_end = redis.pcall('ZSCORE', KEYS[3], ARGV[3])
      lease_end = type(lease_end) == 'string' and tonumber(lease_end)
      if lease_end and lease_end > now_ms then
        local known = redis.pcall('SET', KEYS[1], 'settled', 'PX', ARGV[2], 'GET')
        if type(known) == 'string' and string.byte(known) == 111 then
          redis.call('ZREM', KEYS[3], ARGV[3])
          redis.call('HDEL', KEYS[2], 'hold:' .. ARGV[3])
          redis.call('HSET', KEYS[2], 'spent', string.format('%d', spent + cost), 'held',
            string.format('%d', held - amount), 'open', open - 1)
          return { 1 }
        end
        if known == false then redis.call('DEL', KEYS[1]) end
      end
    end
  end
end
`,
  'settle.lua': `--[[
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
`,
}
