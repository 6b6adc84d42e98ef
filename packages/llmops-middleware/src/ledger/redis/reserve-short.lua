--[[
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
