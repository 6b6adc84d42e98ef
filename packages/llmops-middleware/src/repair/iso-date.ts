/**
 * Converts a date in another spelling to `2026-11-20`, if day and month cannot be confused. A text with a time is not
 * converted: in another time zone it is another day.
 */
export function isoDate(text: string): string | undefined {
  const yearFirst = /^\s*([1-9]\d{3})[-/.](\d{1,2})[-/.](\d{1,2})\s*$/.exec(text)
  if (yearFirst) return iso(yearFirst[1]!, yearFirst[2]!, yearFirst[3]!)
  const yearLast = /^\s*(\d{1,2})[-/.](\d{1,2})[-/.]([1-9]\d{3})\s*$/.exec(text)
  if (!yearLast) return monthByName(text)
  const [first, second] = [yearLast[1]!, yearLast[2]!]
  if (first === second || (Number(first) > 12 && Number(second) <= 12)) return iso(yearLast[3]!, second, first)
  return Number(second) > 12 && Number(first) <= 12 ? iso(yearLast[3]!, first, second) : undefined
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

function monthByName(text: string): string | undefined {
  const dayFirst = /^\s*(\d{1,2})(?:st|nd|rd|th)?\s+([a-z]{3,9})\.?,?\s+([1-9]\d{3})\s*$/i.exec(text)
  const monthFirst = /^\s*([a-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+([1-9]\d{3})\s*$/i.exec(text)
  const [day, name, year] = dayFirst
    ? dayFirst.slice(1)
    : monthFirst
      ? [monthFirst[2], monthFirst[1], monthFirst[3]]
      : []
  const month = MONTHS.indexOf(name?.slice(0, 3).toLowerCase() ?? '')
  return month < 0 ? undefined : iso(year!, String(month + 1), day!)
}

/** Returns undefined for a day that does not exist. */
function iso(year: string, month: string, day: string): string | undefined {
  const text = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
  const date = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text) ? text : undefined
}
