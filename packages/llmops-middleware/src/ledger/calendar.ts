export const CALENDAR = ['hour', 'day', 'week', 'month'] as const
export type CalendarPeriod = (typeof CALENDAR)[number]

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const WEEK_MS = 7 * DAY_MS
/** 1970-01-01 was a Thursday; ISO weeks start on Monday. */
const FIRST_MONDAY_MS = 4 * DAY_MS

/** Returns the start of the period that contains `atMs`, in UTC. */
export function calendarStartMs(period: CalendarPeriod, atMs: number): number {
  switch (period) {
    case 'hour':
      return atMs - modulo(atMs, HOUR_MS)
    case 'day':
      return atMs - modulo(atMs, DAY_MS)
    case 'week':
      return atMs - modulo(atMs - FIRST_MONDAY_MS, WEEK_MS)
    case 'month': {
      const date = new Date(atMs)
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth())
    }
  }
}

/** Returns the end of the period that began at `startMs`. */
export function calendarEndMs(period: CalendarPeriod, startMs: number): number {
  switch (period) {
    case 'hour':
      return startMs + HOUR_MS
    case 'day':
      return startMs + DAY_MS
    case 'week':
      return startMs + WEEK_MS
    case 'month': {
      const date = new Date(startMs)
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1)
    }
  }
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor
}
