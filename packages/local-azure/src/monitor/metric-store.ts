export type Aggregation = 'Average' | 'Minimum' | 'Maximum' | 'Total' | 'Count'

export type Metric = { readonly resourceId: string; readonly namespace: string; readonly name: string }

type Bucket = { sum: number; count: number; minimum: number; maximum: number }

export const MINUTE_MS = 60_000
/** The longest window of a rule is a day, so nothing older is kept. */
const KEPT_MINUTES = 24 * 60

/** Stores metrics as Azure Monitor does: the sum, count, minimum and maximum of each minute. */
export class MetricStore {
  readonly #now: () => number
  readonly #series = new Map<string, Map<number, Bucket>>()

  constructor(now: () => number) {
    this.#now = now
  }

  record(metric: Metric, value: number): void {
    this.recordMany(metric, { sum: value, count: 1, minimum: value, maximum: value })
  }

  /** Adds values that a client has already aggregated, such as an exported histogram. */
  recordMany(metric: Metric, values: Bucket): void {
    const minute = Math.floor(this.#now() / MINUTE_MS)
    const buckets = this.#series.get(keyOf(metric)) ?? new Map<number, Bucket>()
    this.#series.set(keyOf(metric), buckets)
    const bucket = buckets.get(minute)
    if (bucket === undefined) buckets.set(minute, { ...values })
    else add(bucket, values)
    for (const old of buckets.keys()) {
      if (old >= minute - KEPT_MINUTES) break
      buckets.delete(old)
    }
  }

  /** The aggregate over whole minutes from `fromMs` until before `toMs`; null without data. */
  aggregate(metric: Metric, aggregation: Aggregation, fromMs: number, toMs: number): number | null {
    const total: Bucket = { sum: 0, count: 0, minimum: Number.POSITIVE_INFINITY, maximum: Number.NEGATIVE_INFINITY }
    const buckets = this.#series.get(keyOf(metric))
    for (let minute = Math.floor(fromMs / MINUTE_MS); minute < Math.floor(toMs / MINUTE_MS); minute++) {
      const bucket = buckets?.get(minute)
      if (bucket !== undefined) add(total, bucket)
    }
    if (total.count === 0) return null
    switch (aggregation) {
      case 'Total':
        return total.sum
      case 'Count':
        return total.count
      case 'Average':
        return total.sum / total.count
      case 'Minimum':
        return total.minimum
      case 'Maximum':
        return total.maximum
    }
  }
}

function add(bucket: Bucket, values: Bucket): void {
  bucket.sum += values.sum
  bucket.count += values.count
  bucket.minimum = Math.min(bucket.minimum, values.minimum)
  bucket.maximum = Math.max(bucket.maximum, values.maximum)
}

function keyOf({ resourceId, namespace, name }: Metric): string {
  return `${resourceId} ${namespace} ${name}`.toLowerCase()
}
