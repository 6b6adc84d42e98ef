import type { History, WindowName } from '../history/index.ts'
import type { Series } from './contract.ts'

const COUNTS = {
  succeeded: 'succeeded',
  failedAgent: 'failedAgent',
  failedProvider: 'failedProvider',
  failedCaller: 'failedCaller',
  inputTokens: 'inputTokens',
  outputTokens: 'outputTokens',
  toolOk: 'toolOk',
  toolFallback: 'toolFallback',
  toolError: 'toolError',
  allow: 'allow',
  clamp: 'clamp',
  downshift: 'downshift',
  block: 'block',
} as const

export function seriesOf(history: History, window: WindowName, nowMs: number): Series {
  const points = history.windows.points(window, nowMs)
  const startMs = points[0]!.startMs
  const stepMs = points[1]!.startMs - startMs
  const column = (value: (figures: (typeof points)[number]['figures']) => number | null) =>
    points.map(({ startMs, figures }) => (startMs + stepMs <= history.sinceMs ? null : value(figures)))
  const counts = Object.entries(COUNTS).map(([name, count]) => [name, column((figures) => figures.counts[count])])
  return {
    startMs,
    stepMs,
    ...(Object.fromEntries(counts) as Pick<Series, keyof typeof COUNTS>),
    costUsd: column((figures) => figures.counts.costNanos / 1e9),
    p50Ms: column((figures) => figures.latency.percentileMs(0.5)),
    p95Ms: column((figures) => figures.latency.percentileMs(0.95)),
    p99Ms: column((figures) => figures.latency.percentileMs(0.99)),
  }
}
