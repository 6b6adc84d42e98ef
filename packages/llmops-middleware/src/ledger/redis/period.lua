--[[
  Calendar periods in UTC, exact for whole milliseconds. Included before account.lua.

  A period is named 'hour', 'day', 'week' (from Monday), 'month' or 'rolling-<milliseconds>'.
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

local function period_start(period, at_ms)
  if period == 'hour' then return at_ms - at_ms % HOUR_MS end
  if period == 'day' then return at_ms - at_ms % DAY_MS end
  if period == 'week' then return at_ms - (at_ms - FIRST_MONDAY_MS) % WEEK_MS end
  return month_start(at_ms)
end

local function period_end(period, start_ms)
  if period == 'hour' then return start_ms + HOUR_MS end
  if period == 'day' then return start_ms + DAY_MS end
  if period == 'week' then return start_ms + WEEK_MS end
  return month_start(start_ms + 32 * DAY_MS)
end

-- nil for a calendar period
local function rolling_ms(period)
  return tonumber(string.match(period, '^rolling%-(%d+)$'))
end
