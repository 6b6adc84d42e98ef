--[[
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
