import { type CalendarPeriod, calendarStartMs } from './calendar.ts'

/** A calendar period in a time zone: `month@Europe/Berlin`. */
export type ZonedPeriod = `${CalendarPeriod}@${string}`

/** One period, from its first millisecond to the first of the next period. */
export type PeriodRange = { readonly startMs: number; readonly endMs: number }

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Longer than any period of that kind, including changes of the clocks in it. */
const LONGER_THAN: Readonly<Record<CalendarPeriod, number>> = {
  hour: 4 * HOUR_MS,
  day: 3 * DAY_MS,
  week: 9 * DAY_MS,
  month: 34 * DAY_MS,
}

/** A call needs the current period, a late settlement the previous one, and an expiry the next. */
const REMEMBERED_RANGES = 4
/** Bounds the cache: zones come from options and from stored accounts. */
const MAX_CALENDARS = 100

/**
 * Hours, days, weeks and months in a time zone. A period starts when the clocks first show it: a day whose midnight is
 * skipped starts at one o'clock, and an hour that the clocks show twice is one period.
 */
export class ZonedCalendar {
  readonly #calendar: CalendarPeriod
  readonly #format: Intl.DateTimeFormat
  #ranges: readonly PeriodRange[] = []

  /** @throws RangeError for a zone that does not exist. */
  constructor(calendar: CalendarPeriod, timeZone: string) {
    this.#calendar = calendar
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  }

  /** Returns the period that contains `atMs`. */
  rangeAt(atMs: number): PeriodRange {
    const known = this.#ranges.find(({ startMs, endMs }) => atMs >= startMs && atMs < endMs)
    if (known !== undefined) return known
    const shown = this.#shownAt(atMs)
    const most = LONGER_THAN[this.#calendar]
    const range = {
      startMs: firstThat((ms) => this.#shownAt(ms) >= shown, atMs - most, atMs),
      endMs: firstThat((ms) => this.#shownAt(ms) > shown, atMs, atMs + most),
    }
    this.#ranges = [range, ...this.#ranges.slice(0, REMEMBERED_RANGES - 1)]
    return range
  }

  /** Returns the hour, day, week or month that the clocks show, as the UTC time of its start. */
  #shownAt(atMs: number): number {
    const fields: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {}
    for (const { type, value } of this.#format.formatToParts(atMs)) fields[type] = Number(value)
    const { year, month, day, hour } = fields as Readonly<Record<'year' | 'month' | 'day' | 'hour', number>>
    return calendarStartMs(this.#calendar, Date.UTC(year, month - 1, day, hour))
  }
}

const calendars = new Map<ZonedPeriod, ZonedCalendar>()

/** @throws RangeError for a zone that does not exist. */
export function zonedCalendar(period: ZonedPeriod): ZonedCalendar {
  let calendar = calendars.get(period)
  if (calendar === undefined) {
    const at = period.indexOf('@')
    calendar = new ZonedCalendar(period.slice(0, at) as CalendarPeriod, period.slice(at + 1))
    if (calendars.size >= MAX_CALENDARS) calendars.clear()
    calendars.set(period, calendar)
  }
  return calendar
}

/** Returns the first millisecond after `lastNotMs` for which `is` is true. It must be true for that one and all later ones. */
function firstThat(is: (ms: number) => boolean, lastNotMs: number, firstIsMs: number): number {
  let [before, first] = [lastNotMs, firstIsMs]
  while (first - before > 1) {
    const middle = Math.floor((before + first) / 2)
    if (is(middle)) first = middle
    else before = middle
  }
  return first
}
