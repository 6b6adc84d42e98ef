/**
 * What a value was probably meant to be that comes from somewhere else: the environment, which has only text, or a promise
 * that nobody awaited. Undefined where it is none of these.
 *
 * @param is whether a value is accepted.
 */
export function meantValue(value: unknown, is: (value: unknown) => boolean): string | undefined {
  if (value instanceof Promise) return 'Await the promise first.'
  if (Number.isNaN(value))
    return 'NaN is what Number() makes of text that is no number, and of a variable that is not set.'
  if (typeof value !== 'string' || value.trim() === '') return undefined
  if (is(Number(value)))
    return `Did you mean the number ${Number(value)}? Variables of the environment are text: use Number().`
  if (value === 'true' || value === 'false')
    return is(value === 'true') ? `Did you mean ${value}, which is no text?` : undefined
  return undefined
}

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  sec: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}
/** Above any plausible wait in milliseconds, and below any time of day in this century. */
const EPOCH_MS = 946_684_800_000

/** A duration that was written with its unit, or a point in time in the place of a duration. */
export function meantMilliseconds(value: unknown): string | undefined {
  const [, count, unit] = (typeof value === 'string' && /^(\d+(?:\.\d+)?) ?([a-z]+)$/i.exec(value)) || []
  const unitMs = unit === undefined ? undefined : UNITS_MS[unit.toLowerCase()]
  if (unitMs !== undefined) return `Did you mean ${Number(count) * unitMs}?`
  const isTime = value instanceof Date || (typeof value === 'number' && value >= EPOCH_MS)
  return isTime ? 'That is a point in time: give how long from now.' : undefined
}
