type Body = Readonly<Record<string, unknown>>

/** Returns the largest of these caps. Values that are not numbers are ignored: a server may refuse or ignore them. */
export function largestCap(...values: readonly unknown[]): number | undefined {
  let most: number | undefined
  for (const value of values)
    if (typeof value === 'number' && Number.isFinite(value) && value > (most ?? 0)) most = value
  return most
}

/**
 * Whether one of the caps does not limit the answer. Depending on the server, 0 is an error, an empty answer or no limit,
 * and -1 is no limit. We must not replace such a cap or add one.
 */
export function hasNoBound(...caps: readonly unknown[]): boolean {
  return caps.some((cap) => typeof cap === 'number' && cap <= 0)
}

/** Returns the most answers that the request can ask for, including numbers that are written as text. */
export function answersOf({ n, best_of, candidateCount, candidate_count }: Body): number {
  return Math.max(1, countOf(n), countOf(best_of), countOf(candidateCount), countOf(candidate_count))
}

function countOf(value: unknown): number {
  const count = typeof value === 'string' ? Number(value) : value
  return typeof count === 'number' && Number.isFinite(count) ? Math.ceil(count) : 0
}
