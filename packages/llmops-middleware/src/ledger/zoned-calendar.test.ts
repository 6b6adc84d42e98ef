import { fc } from 'test-support/generated'
import { describe, expect, it } from 'vitest'
import { type Period, periodEndMs, periodStartMs } from './period.ts'

/** The period that contains a moment: its two ends, in UTC. */
function rangeAt(period: Period, moment: string): readonly [start: string, end: string] {
  const startMs = periodStartMs(period, Date.parse(moment))
  return [new Date(startMs).toISOString(), new Date(periodEndMs(period, startMs)).toISOString()]
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

describe('calendar periods in a time zone', () => {
  it.each([
    ['day@Europe/Berlin', 'on an ordinary day', '2026-11-26T12:00Z', '2026-11-25T23:00Z', '2026-11-26T23:00Z'],
    ['day@Europe/Berlin', 'of 23 hours in spring', '2026-03-29T12:00Z', '2026-03-28T23:00Z', '2026-03-29T22:00Z'],
    ['day@Europe/Berlin', 'of 25 hours in autumn', '2026-10-25T12:00Z', '2026-10-24T22:00Z', '2026-10-25T23:00Z'],
    ['month@Europe/Berlin', 'from winter to summer', '2026-03-15T00:00Z', '2026-02-28T23:00Z', '2026-03-31T22:00Z'],
    ['month@America/New_York', 'from summer to winter', '2026-11-01T03:59Z', '2026-10-01T04:00Z', '2026-11-01T04:00Z'],
    ['month@America/New_York', 'that ends in winter', '2026-11-01T04:00Z', '2026-11-01T04:00Z', '2026-12-01T05:00Z'],
    ['week@Australia/Sydney', 'from Monday', '2026-04-05T12:00Z', '2026-03-29T13:00Z', '2026-04-05T14:00Z'],
    ['day@Asia/Kathmandu', '5:45 ahead', '2026-11-26T18:14Z', '2026-11-25T18:15Z', '2026-11-26T18:15Z'],
    ['day@Asia/Kolkata', '5:30 ahead', '2026-11-26T18:30Z', '2026-11-26T18:30Z', '2026-11-27T18:30Z'],
    ['hour@Asia/Kathmandu', 'from a quarter past', '2026-11-26T12:14Z', '2026-11-26T11:15Z', '2026-11-26T12:15Z'],
    ['day@Pacific/Chatham', '13:45 ahead in summer', '2026-01-01T00:00Z', '2025-12-31T10:15Z', '2026-01-01T10:15Z'],
    ['day@Pacific/Kiritimati', '14 ahead', '2026-01-01T00:00Z', '2025-12-31T10:00Z', '2026-01-01T10:00Z'],
    ['month@Pacific/Pago_Pago', '11 behind', '2026-03-01T10:59Z', '2026-02-01T11:00Z', '2026-03-01T11:00Z'],
    ['day@+05:45', 'of an offset', '2026-11-26T18:14Z', '2026-11-25T18:15Z', '2026-11-26T18:15Z'],
    // The hour that is shown twice is one, as is that of Lord Howe, whose clocks move by half an hour.
    ['hour@Europe/Berlin', 'shown twice', '2026-10-25T01:30Z', '2026-10-25T00:00Z', '2026-10-25T02:00Z'],
    ['hour@Australia/Lord_Howe', 'and a half', '2026-04-04T15:20Z', '2026-04-04T14:00Z', '2026-04-04T15:30Z'],
    // Clocks went from midnight to one o'clock: the day began at one.
    ['day@Africa/Cairo', 'without a midnight', '2026-04-24T12:00Z', '2026-04-23T22:00Z', '2026-04-24T21:00Z'],
    ['day@America/Havana', 'with two midnights', '2026-11-01T12:00Z', '2026-11-01T04:00Z', '2026-11-02T05:00Z'],
    // 30 December 2011 did not exist there.
    ['day@Pacific/Apia', 'before one that was skipped', '2011-12-30T09:59Z', '2011-12-29T10:00Z', '2011-12-30T10:00Z'],
    ['month@Pacific/Apia', 'with a day less', '2011-12-31T09:00Z', '2011-12-01T10:00Z', '2011-12-31T10:00Z'],
  ])('%s %s', (period, _, moment, start, end) => {
    const expected = [start, end].map((moment) => new Date(moment).toISOString())
    expect(rangeAt(period as Period, moment)).toEqual(expected)
  })

  it('follow one another without a gap, and each begins where its clock says so', () => {
    const zones = Intl.supportedValuesOf('timeZone')
    const calendars = ['hour', 'day', 'week', 'month'] as const
    const cases = fc.record({
      zone: fc.constantFrom(...zones),
      calendar: fc.constantFrom(...calendars),
      atMs: fc.integer({ min: Date.UTC(2024, 0), max: Date.UTC(2040, 0) }),
    })
    fc.assert(
      fc.property(cases, ({ zone, calendar, atMs }) => {
        const period = `${calendar}@${zone}` as const
        const startMs = periodStartMs(period, atMs)
        const endMs = periodEndMs(period, startMs)
        expect(startMs).toBeLessThanOrEqual(atMs)
        expect(endMs).toBeGreaterThan(atMs)
        expect([periodStartMs(period, startMs), periodStartMs(period, endMs - 1)]).toEqual([startMs, startMs])
        expect(periodStartMs(period, endMs)).toBe(endMs)
        expect(periodEndMs(period, periodStartMs(period, startMs - 1))).toBe(startMs)
        // Another reading of the same clock.
        const shown = (ms: number) => new Date(ms).toLocaleString('sv-SE', { timeZone: zone })
        const length = { hour: 13, day: 10, week: 10, month: 7 }[calendar]
        expect(shown(startMs).slice(0, length)).not.toBe(shown(startMs - 1).slice(0, length))
        if (calendar !== 'week') expect(shown(startMs).slice(0, length)).toBe(shown(endMs - 1).slice(0, length))
        else expect(new Date(`${shown(startMs).slice(0, 10)}T00:00Z`).getUTCDay()).toBe(1)
      }),
    )
  })

  it('are found again, however many are asked for in turn', () => {
    const starts = Array.from({ length: 8 }, (_, day) => Date.UTC(2026, 2, 26 + day, 12))
    const first = starts.map((atMs) => periodStartMs('day@Europe/Berlin', atMs))
    expect(starts.map((atMs) => periodStartMs('day@Europe/Berlin', atMs))).toEqual(first)
    expect(first[4]! - first[3]!).toBe(23 * HOUR_MS)
    expect(first[2]! - first[1]!).toBe(DAY_MS)
  })
})
