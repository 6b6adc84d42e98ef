import { checkValue, door, either, oneOf, required, where, whole } from '../check.ts'
import { CALENDAR, type CalendarPeriod, calendarEndMs, calendarStartMs } from './calendar.ts'
import { type ZonedPeriod, zonedCalendar } from './zoned-calendar.ts'

/** How long an account counts before it starts again: a calendar period or a rolling window. */
export type BudgetPeriod = CalendarPeriod | RollingPeriod

export type RollingPeriod = {
  /** The length, in milliseconds, of a window that moves with time. From 1,000. */
  readonly rollingMs: number
}

/** The period of an account; a calendar period that names no zone is in UTC. */
export type Period = BudgetPeriod | ZonedPeriod

const DAY_MS = 86_400_000
const LONGEST_ROLLING_MS = 366 * DAY_MS
/** A rolling window forgets in steps of a sixtieth, always late: what was spent counts for the window and up to a step. */
const ROLLING_STEPS = 60

/** `month`; a zone makes it longer. */
const LONGEST_PLAIN = 5
/** What a key and a row can carry; a zone's name has no other letters. */
const ZONED_NAME = /^(hour|day|week|month)@[\w+\-/:]{1,64}$/

const PERIODS = [
  oneOf(...CALENDAR),
  door({ rollingMs: required(whole(1000, LONGEST_ROLLING_MS, 'milliseconds')) }),
] as const
export const PERIOD = either(...PERIODS)

const ZONED = where('a calendar period in a time zone that exists', isZoned)
const GIVEN = required(either(...PERIODS, ZONED))

/** @throws InvalidOptionError for anything that is not a period. */
export function checkPeriod(period: Period): void {
  if (!(CALENDAR as readonly unknown[]).includes(period)) checkValue(period, GIVEN, 'period')
}

/** Puts a period of the budget into a zone; a rolling window is the same in all of them. */
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

/** When the calendar period that contains `atMs` began; a rolling window begins at any moment, so `atMs` itself. */
export function periodStartMs(period: Period, atMs: number): number {
  if (typeof period === 'object') return atMs
  return isPlain(period) ? calendarStartMs(period, atMs) : zonedCalendar(period).rangeAt(atMs).startMs
}

/** When the period that began at `startMs` is over. */
export function periodEndMs(period: Period, startMs: number): number {
  if (typeof period === 'object') return startMs + period.rollingMs
  return isPlain(period) ? calendarEndMs(period, startMs) : zonedCalendar(period).rangeAt(startMs).endMs
}

export function isZonedPeriod(period: Period): period is ZonedPeriod {
  return typeof period !== 'object' && !isPlain(period)
}

function isPlain(period: CalendarPeriod | ZonedPeriod): period is CalendarPeriod {
  return period.length <= LONGEST_PLAIN
}

/** The length of one step of a rolling window. */
export function rollingStepMs(rollingMs: number): number {
  return Math.ceil(rollingMs / ROLLING_STEPS)
}
