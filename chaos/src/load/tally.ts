/** How one `/chat` request ended, as its user saw it. */
export type Sample = {
  /** HTTP status; `unreachable` when no answer came. */
  readonly status: number | 'unreachable'
  readonly latencyMs: number
  /** Which process answered, when it said so. */
  readonly instance: string | undefined
  /** What the agent says of itself: a 200 can be a failed task. */
  readonly succeeded: boolean
  readonly costUsd: number
  readonly repairs: number
  readonly fallbacks: number
}

export type Summary = {
  readonly requests: number
  readonly succeeded: number
  /** 0 to 1; undefined with no request, since no data is not health. */
  readonly successRatio: number | undefined
  readonly statuses: Readonly<Record<string, number>>
  readonly instances: Readonly<Record<string, number>>
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number } | undefined
  readonly costPerTaskUsd: number | undefined
  readonly repairs: number
  readonly fallbacks: number
}

export function summarise(samples: readonly Sample[]): Summary {
  const requests = samples.length
  const succeeded = samples.filter((sample) => sample.succeeded).length
  const sorted = samples.map((sample) => sample.latencyMs).sort((a, b) => a - b)
  return {
    requests,
    succeeded,
    successRatio: requests ? succeeded / requests : undefined,
    statuses: countBy(samples, (sample) => String(sample.status)),
    instances: countBy(samples, (sample) => sample.instance),
    latencyMs: requests
      ? { p50: quantile(sorted, 0.5), p95: quantile(sorted, 0.95), p99: quantile(sorted, 0.99) }
      : undefined,
    costPerTaskUsd: requests ? sum(samples, (sample) => sample.costUsd) / requests : undefined,
    repairs: sum(samples, (sample) => sample.repairs),
    fallbacks: sum(samples, (sample) => sample.fallbacks),
  }
}

/** The nearest-rank quantile of a sorted list. */
function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * q) - 1)] ?? Number.NaN
}

function countBy<T>(items: readonly T[], key: (item: T) => string | undefined): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const item of items) {
    const name = key(item)
    if (name !== undefined) counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0)
}
