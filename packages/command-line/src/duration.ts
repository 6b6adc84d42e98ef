import { InvalidArgumentError } from 'commander'

const UNITS_MS = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const
const LONGEST_MS = 24 * UNITS_MS.h

/** Parses the value of an option: `90s`, `5m`, `500ms`, or a bare number of seconds. Returns milliseconds. */
export function parseDuration(value: string): number {
  const [, count, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(value.trim()) ?? []
  const durationMs = Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS]
  if (durationMs > 0 && durationMs <= LONGEST_MS) return durationMs
  throw new InvalidArgumentError('Accepted is a duration up to 24h, such as 500ms, 90s, 5m, 10m or 1h.')
}

/** A duration as `parseDuration` reads it: `90s`, `5m`. */
export function durationText(durationMs: number): string {
  const [unit, size] = Object.entries(UNITS_MS).find(([, size]) => durationMs % size === 0) ?? ['ms', 1]
  return `${durationMs / size}${unit}`
}
