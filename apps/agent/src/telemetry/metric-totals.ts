import { DataPointType, type ResourceMetrics } from '@opentelemetry/sdk-metrics'

type Labels = Readonly<Record<string, string>>
type Point = { readonly labels: Labels; readonly sum: number; readonly count: number }

/** What the instruments have counted since the process started: the page shows what the metrics say, nothing else. */
export class MetricTotals {
  readonly #points = new Map<string, Point[]>()

  constructor({ scopeMetrics }: ResourceMetrics) {
    for (const metric of scopeMetrics.flatMap((scope) => scope.metrics)) {
      if (metric.dataPointType === DataPointType.SUM) {
        this.#add(
          metric.descriptor.name,
          metric.dataPoints.map(({ attributes, value }) => point(attributes, value, value)),
        )
      }
      if (metric.dataPointType === DataPointType.HISTOGRAM) {
        const points = metric.dataPoints.map(({ attributes, value }) => point(attributes, value.sum ?? 0, value.count))
        this.#add(metric.descriptor.name, points)
      }
    }
  }

  #add(name: string, points: Point[]): void {
    this.#points.set(name, [...(this.#points.get(name) ?? []), ...points])
  }

  sum(name: string, where: Labels = {}): number {
    return this.#matching(name, where).reduce((total, { sum }) => total + sum, 0)
  }

  count(name: string): number {
    return this.#matching(name, {}).reduce((total, { count }) => total + count, 0)
  }

  /** The sums of an instrument by the values of one attribute. */
  by(name: string, attribute: string, where: Labels = {}): Record<string, number> {
    // Not an object: a tenant may be called `constructor`.
    const totals = new Map<string, number>()
    for (const { labels, sum } of this.#matching(name, where)) {
      const value = labels[attribute] ?? 'unknown'
      totals.set(value, (totals.get(value) ?? 0) + sum)
    }
    return Object.fromEntries(totals)
  }

  #matching(name: string, where: Labels): Point[] {
    const wanted = Object.entries(where)
    return (this.#points.get(name) ?? []).filter(({ labels }) => wanted.every(([key, value]) => labels[key] === value))
  }
}

function point(attributes: Readonly<Record<string, unknown>>, sum: number, count: number): Point {
  const labels = Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, String(value)]))
  return { labels, sum, count }
}
