--[[
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
