import type { CallFigures, Figures, History, Tally, WindowName } from '../history/index.ts'
import type { ModelsTile, Objectives, Overview, Service, TasksTile, ToolsTile } from './contract.ts'
import { freshnessOf } from './freshness.ts'
import { judge, type ObjectiveName, worst } from './judge.ts'
import { seriesOf } from './series.ts'

const MOST_REASONS = 10
const MOST_TOOLS = 30
const MOST_MODELS = 20
const MOST_ERRORS = 5
const MOST_MARKS = 100

/** Everything that the first page shows of one window. */
export function overviewOf(
  history: History,
  {
    window,
    objectives,
    service,
    nowMs,
  }: {
    readonly window: WindowName
    readonly objectives: Objectives
    readonly service: Service
    readonly nowMs: number
  },
): Overview {
  const total = history.windows.total(window, nowMs)
  const { counts, latency, ended } = total
  const judged = (name: ObjectiveName) => judge(name, objectives, history, nowMs)
  const tiles = {
    tasks: { ...tasksTile(total, judged('taskSuccess')), running: history.running(nowMs) },
    latency: {
      judged: judged('latencyP95Ms'),
      meanMs: latency.meanMs,
      p50Ms: latency.percentileMs(0.5),
      p95Ms: latency.percentileMs(0.95),
      p99Ms: latency.percentileMs(0.99),
    },
    cost: {
      judged: judged('costPerTaskUsd'),
      usd: counts.costNanos / 1e9,
      perTaskUsd: ended === 0 ? null : counts.taskNanos / 1e9 / ended,
      unknownUsd: counts.unknownNanos / 1e9,
    },
    tools: toolsTile(total, judged('toolSuccess')),
  }
  const series = seriesOf(history, window, nowMs)
  return {
    window,
    freshness: freshnessOf(history, nowMs),
    service,
    level: worst(Object.values(tiles).map(({ judged }) => judged.level)),
    ...tiles,
    tokens: { input: counts.inputTokens, output: counts.outputTokens, cachedInput: counts.cachedInputTokens },
    models: modelsTile(total),
    decisions: { allow: counts.allow, clamp: counts.clamp, downshift: counts.downshift, block: counts.block },
    repairs: { free: counts.repairedFreely, asked: counts.repairedByModel },
    series,
    marks: history.marksSince(series.startMs).slice(0, MOST_MARKS),
  }
}

function tasksTile({ ended, counts, reasons }: Figures, judged: TasksTile['judged']): Omit<TasksTile, 'running'> {
  const sorted = reasons.sorted.map(([key, count]) => {
    const space = key.indexOf(' ')
    // Beyond the limit of reasons only their number is known: they count as failures of the agent, so that they are seen.
    const failedBy = space < 0 ? 'agent' : (key.slice(0, space) as TasksTile['reasons'][number]['class'])
    return { reason: key.slice(space + 1), class: failedBy, count }
  })
  return {
    judged,
    ended,
    succeeded: counts.succeeded,
    failed: { agent: counts.failedAgent, provider: counts.failedProvider, caller: counts.failedCaller },
    reasons: sorted.slice(0, MOST_REASONS),
    otherReasons: sorted.slice(MOST_REASONS).reduce((sum, { count }) => sum + count, 0),
  }
}

function toolsTile({ counts, tools }: Figures, judged: ToolsTile['judged']): ToolsTile {
  const sorted = tools.entries.toSorted(([, a], [, b]) => b.error - a.error || b.calls - a.calls)
  return {
    judged,
    calls: counts.toolOk + counts.toolFallback + counts.toolError,
    ok: counts.toolOk,
    fallback: counts.toolFallback,
    error: counts.toolError,
    tools: sorted.slice(0, MOST_TOOLS).map(([tool, { calls, ok, fallback, error, meanMs, errors }]) => ({
      tool,
      calls,
      ok,
      fallback,
      error,
      meanMs,
      errors: errorsOf(errors),
    })),
    others: Math.max(0, sorted.length - MOST_TOOLS),
  }
}

function modelsTile({ models }: Figures): ModelsTile {
  const sorted = models.entries.toSorted(([, a], [, b]) => b.costNanos - a.costNanos || b.calls - a.calls)
  return {
    models: sorted.slice(0, MOST_MODELS).map(([model, figures]) => ({ model, ...modelFigures(figures) })),
    others: Math.max(0, sorted.length - MOST_MODELS),
  }
}

function modelFigures({ calls, error, inputTokens, outputTokens, costNanos, meanMs, errors }: CallFigures) {
  return { calls, failed: error, inputTokens, outputTokens, costUsd: costNanos / 1e9, meanMs, errors: errorsOf(errors) }
}

function errorsOf(errors: Tally) {
  return errors.sorted.slice(0, MOST_ERRORS).map(([type, count]) => ({ type, count }))
}
