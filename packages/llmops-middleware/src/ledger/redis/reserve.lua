--[[
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
