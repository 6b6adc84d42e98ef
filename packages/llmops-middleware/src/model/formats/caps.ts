type Body = Readonly<Record<string, unknown>>

/** The largest of these caps. What is no number is none: a server may refuse it or not look at it. */
export function largestCap(...values: readonly unknown[]): number | undefined {
  let most: number | undefined
  for (const value of values)
    if (typeof value === 'number' && Number.isFinite(value) && value > (most ?? 0)) most = value
  return most
}

/**
 * Whether one of them is no number of tokens that bounds an answer: 0 is an error, no text or no bound, and -1 no bound,
 * as the server takes it. None of ours may stand in its place or beside it.
 */
export function hasNoBound(...caps: readonly unknown[]): boolean {
  return caps.some((cap) => typeof cap === 'number' && cap <= 0)
}

/** How many answers are generated, also where a server reads text as a number: the most that one of these could mean. */
export function answersOf({ n, best_of, candidateCount, candidate_count }: Body): number {
  return Math.max(1, countOf(n), countOf(best_of), countOf(candidateCount), countOf(candidate_count))
}

function countOf(value: unknown): number {
  const count = typeof value === 'string' ? Number(value) : value
  return typeof count === 'number' && Number.isFinite(count) ? Math.ceil(count) : 0
}
