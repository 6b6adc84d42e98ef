/**
 * Returns a count, also one that a gateway wrote as text, or as a fraction, which is rounded up; undefined where there is
 * none. What cannot be a count is NaN, so that its usage is not believed.
 */
export function countOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined
  const count = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof count === 'number' ? Math.ceil(count) : Number.NaN
}
