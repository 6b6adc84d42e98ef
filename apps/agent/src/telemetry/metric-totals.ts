import { DataPointType, type ResourceMetrics } from '@opentelemetry/sdk-metrics'

type Point = { readonly sum: number; readonly count: number }

/** The totals of all instruments since the process started, so that probes and metrics show the same figures. */
export class MetricTotals {
  readonly #points = new Map<string, Point[]>()

  constructor({ scopeMetrics }: ResourceMetrics) {
    for (const metric of scopeMetrics.flatMap((scope) => scope.metrics)) {
      if (metric.dataPointType === DataPointType.SUM) {
        this.#add(
          metric.descriptor.name,
          metric.dataPoints.map(({ value }) => ({ sum: value, count: value })),
        )
      }
      if (metric.dataPointType === DataPointType.HISTOGRAM) {
        const points = metric.dataPoints.map(({ value }) => ({ sum: value.sum ?? 0, count: value.count }))
        this.#add(metric.descriptor.name, points)
      }
    }
  }

  #add(name: string, points: Point[]): void {
    this.#points.set(name, [...(this.#points.get(name) ?? []), ...points])
  }

  sum(name: string): number {
    return this.#of(name).reduce((total, { sum }) => total + sum, 0)
  }

  count(name: string): number {
    return this.#of(name).reduce((total, { count }) => total + count, 0)
  }

  #of(name: string): readonly Point[] {
    return this.#points.get(name) ?? []
  }
}
