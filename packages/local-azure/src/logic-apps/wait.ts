const UNITS_MS: Readonly<Record<string, number>> = { Second: 1_000, Minute: 60_000, Hour: 3_600_000, Day: 86_400_000 }

/** How long a Wait action waits: `{ interval: { count, unit } }` or `{ until: { timestamp } }`. */
export function waitMs(inputs: unknown, now: number): number {
  const { interval, until } = inputs as { interval?: { count: number; unit: string }; until?: { timestamp: string } }
  if (until !== undefined) return Math.max(0, Date.parse(until.timestamp) - now)
  const unit = UNITS_MS[interval?.unit ?? '']
  if (interval === undefined || unit === undefined)
    throw new TypeError(`the wait ${JSON.stringify(inputs)} is not known`)
  return interval.count * unit
}
