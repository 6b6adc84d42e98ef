--[[
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
