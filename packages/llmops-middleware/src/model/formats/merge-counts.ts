import { countOf } from './count-of.ts'

type Counts = Readonly<Record<string, unknown>>

/**
 * Merges a usage that a stream reports in parts. A null or zero does not replace a known count: Anthropic sends the input
 * at the start and again, or null, at the end; other servers send a last chunk of zeros.
 */
export function mergeCounts(known: Counts | undefined, next: Counts): Counts {
  if (!known) return next
  const merged: Record<string, unknown> = { ...known }
  for (const [name, value] of Object.entries(next)) {
    const before = known[name]
    if (isCounts(value)) merged[name] = mergeCounts(isCounts(before) ? before : undefined, value)
    else if (before === undefined || isKnown(value)) merged[name] = value
  }
  return merged
}

function isKnown(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : (countOf(value) ?? 0) > 0
}

function isCounts(value: unknown): value is Counts {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
