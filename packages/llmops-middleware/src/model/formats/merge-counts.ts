type Counts = Readonly<Record<string, unknown>>

/**
 * Merges a usage that a stream reports in parts. A null or zero does not replace a known count: Anthropic sends the input
 * at the start and again, or null, at the end; other servers send a last chunk of zeros. A smaller input can correct an
 * estimate, but the output covers the answer so far and never becomes smaller.
 */
export function mergeCounts(known: Counts | undefined, next: Counts): Counts {
  if (!known) return next
  const merged: Record<string, unknown> = { ...known }
  for (const [name, value] of Object.entries(next)) {
    const before = known[name]
    if (isCounts(value)) merged[name] = mergeCounts(isCounts(before) ? before : undefined, value)
    else if (before === undefined || isKnown(value, GROWING.test(name) ? before : 0)) merged[name] = value
  }
  return merged
}

/** Counts of the output, in all formats. */
const GROWING = /^(completion|output|candidates|thoughts|reasoning)/

function isKnown(value: unknown, above: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  const count = numberOf(value)
  return count > 0 && !(count <= numberOf(above))
}

function numberOf(value: unknown): number {
  return typeof value === 'string' || typeof value === 'number' ? Number(value) : Number.NaN
}

function isCounts(value: unknown): value is Counts {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
