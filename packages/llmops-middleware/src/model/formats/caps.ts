type Body = Readonly<Record<string, unknown>>

/** The largest of these caps. What is no number is none: a server may refuse it or not look at it. */
export function largestCap(...values: readonly unknown[]): number | undefined {
  const caps = values.filter((value): value is number => typeof value === 'number' && value > 0)
  return caps.length === 0 ? undefined : Math.max(...caps)
}

/** How many answers are generated, also where a server reads text as a number: the most that one of these could mean. */
export function answersOf({ n, best_of, candidateCount, candidate_count }: Body): number {
  return Math.max(1, ...[n, best_of, candidateCount, candidate_count].map(countOf))
}

function countOf(value: unknown): number {
  const count = typeof value === 'string' ? Number(value) : value
  return typeof count === 'number' && Number.isFinite(count) ? Math.ceil(count) : 0
}
