import { checkValue, either, objectOf, oneOf, required, where, whole } from '../check.ts'
import { CALENDAR, type CalendarPeriod, calendarEndMs, calendarStartMs } from './calendar.ts'
import { type ZonedPeriod, zonedCalendar } from './zoned-calendar.ts'

/** The period after which an account resets: a calendar period or a rolling window. */
export type BudgetPeriod = CalendarPeriod | RollingPeriod

export type RollingPeriod = {
  /** The length, in milliseconds, of a window that moves with time. From 1,000. */
  readonly rollingMs: number
}

/** The period of an account. A calendar period without a zone is in UTC. */
export type Period = BudgetPeriod | ZonedPeriod

const DAY_MS = 86_400_000
const LONGEST_ROLLING_MS = 366 * DAY_MS
/** A rolling window moves in steps of a sixtieth, and never too early: spend counts for the window plus up to one step. */
const ROLLING_STEPS = 60

/** The length of `month`; a name with a zone is longer. */
const LONGEST_UTC_NAME = 5
/** The characters that keys and rows can contain; names of zones contain no others. */
const ZONED_NAME = /^(hour|day|week|month)@[\w+\-/:]{1,64}$/

const PERIODS = [
  oneOf(...CALENDAR),
  objectOf({ rollingMs: required(whole(1000, LONGEST_ROLLING_MS, 'milliseconds')) }),
] as const
export const PERIOD = either(...PERIODS)

const ZONED = where('a calendar period in a time zone that exists', isZoned)
const ANY_PERIOD = required(either(...PERIODS, ZONED))

/** @throws InvalidOptionError for anything that is not a period. */
export function checkPeriod(period: Period): void {
  if (!(CALENDAR as readonly unknown[]).includes(period)) checkValue(period, ANY_PERIOD, 'period')
}

/** Adds a time zone to a calendar period. A rolling window is the same in every zone. */
export function periodIn(timeZone: string, period: BudgetPeriod): Period {
  return typeof period === 'object' || timeZone.toUpperCase() === 'UTC' ? period : `${period}@${timeZone}`
}

/** Whether this release of Node.js knows a zone. */
export function isTimeZone(name: unknown): boolean {
  return typeof name === 'string' && isZoned(`day@${name}`)
}

function isZoned(period: unknown): boolean {
  if (typeof period !== 'string' || !ZONED_NAME.test(period)) return false
  try {
    zonedCalendar(period as ZonedPeriod)
    return true
  } catch {
    return false
  }
}

/** The name of a period in keys and rows: `month`, `month@Europe/Berlin`, `rolling-3600000`. */
export function periodName(period: Period): string {
  return typeof period === 'object' ? `rolling-${period.rollingMs}` : period
}

/** Returns the start of the calendar period that contains `atMs`; for a rolling window `atMs` itself. */
export function periodStartMs(period: Period, atMs: number): number {
  if (typeof period === 'object') return atMs
  return isPlain(period) ? calendarStartMs(period, atMs) : zonedCalendar(period).rangeAt(atMs).startMs
}

/** Returns the end of the period that began at `startMs`. */
export function periodEndMs(period: Period, startMs: number): number {
  if (typeof period === 'object') return startMs + period.rollingMs
  return isPlain(period) ? calendarEndMs(period, startMs) : zonedCalendar(period).rangeAt(startMs).endMs
}

export function isZonedPeriod(period: Period): period is ZonedPeriod {
  return typeof period !== 'object' && !isPlain(period)
}

function isPlain(period: CalendarPeriod | ZonedPeriod): period is CalendarPeriod {
  return period.length <= LONGEST_UTC_NAME
}

/** The length of one step of a rolling window. */
export function rollingStepMs(rollingMs: number): number {
  return Math.ceil(rollingMs / ROLLING_STEPS)
}
