import { checkValue, door, either, oneOf, required, whole } from '../check.ts'

/** How long an account counts before it starts again: a calendar period in UTC, or a rolling window. */
export type Period =
  | 'hour'
  | 'day'
  | 'week'
  | 'month'
  | {
      /** The length, in milliseconds, of a window that moves with time. From 1,000. */
      readonly rollingMs: number
    }

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const WEEK_MS = 7 * DAY_MS
/** 1970-01-01 was a Thursday; ISO weeks start on Monday. */
const FIRST_MONDAY_MS = 4 * DAY_MS

const LONGEST_ROLLING_MS = 366 * DAY_MS
/** A rolling window forgets in steps of a sixtieth, always late: what was spent counts for the window and up to a step. */
const ROLLING_STEPS = 60

const CALENDAR = ['hour', 'day', 'week', 'month'] as const

export const PERIOD = either(
  oneOf(...CALENDAR),
  door({ rollingMs: required(whole(1000, LONGEST_ROLLING_MS, 'milliseconds')) }),
)
const GIVEN = required(PERIOD)

/** @throws InvalidOptionError for anything that is not a period. */
export function checkPeriod(period: Period): void {
  if (!(CALENDAR as readonly unknown[]).includes(period)) checkValue(period, GIVEN, 'period')
}

/** The name of a period in keys and rows: `month`, `rolling-3600000`. */
export function periodName(period: Period): string {
  return typeof period === 'object' ? `rolling-${period.rollingMs}` : period
}

/** When the calendar period that contains `atMs` began; a rolling window begins at any moment, so `atMs` itself. */
export function periodStartMs(period: Period, atMs: number): number {
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
    default:
      return atMs
  }
}

/** When the period that began at `startMs` is over. */
export function periodEndMs(period: Period, startMs: number): number {
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
    default:
      return startMs + period.rollingMs
  }
}

/** The length of one step of a rolling window. */
export function rollingStepMs(rollingMs: number): number {
  return Math.ceil(rollingMs / ROLLING_STEPS)
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor
}
