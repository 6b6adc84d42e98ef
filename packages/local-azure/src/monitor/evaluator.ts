import { randomUUID } from 'node:crypto'
import type { Clock } from '../clock/clock.ts'
import { onTheInterval } from '../clock/on-the-interval.ts'
import type { Emit } from '../events.ts'
import { type AlertState, nextAlertState } from './alert.ts'
import type { AlertRule, Operator } from './alert-rule.ts'
import type { Announcement } from './common-alert-schema.ts'
import { type MetricStore, MINUTE_MS } from './metric-store.ts'

export type EvaluatorOptions = {
  readonly rules: readonly AlertRule[]
  readonly metrics: MetricStore
  readonly clock: Clock
  /** How long after the end of its minute a value becomes visible. */
  readonly metricDelayMs: number
  readonly emit: Emit
  readonly announce: (announcement: Announcement, signal: AbortSignal) => Promise<void>
}

/** Evaluates every rule at its own frequency, on whole minutes, until the signal aborts. */
export async function evaluateAlerts(options: EvaluatorOptions, signal: AbortSignal): Promise<void> {
  await Promise.all(options.rules.map((rule) => watch(rule, options, signal)))
}

async function watch(rule: AlertRule, options: EvaluatorOptions, signal: AbortSignal): Promise<void> {
  const { clock, emit, announce } = options
  const announced = new Set<Promise<void>>()
  let state: AlertState = { kind: 'quiet' }
  let metInTurn = 0
  for await (const at of onTheInterval(clock, rule.evaluationFrequencyMs, signal)) {
    const windowEndAt = Math.floor((at - options.metricDelayMs) / MINUTE_MS) * MINUTE_MS
    const values = readValues(rule, options.metrics, windowEndAt)
    const isMet = rule.criteria.every((criterion, index) => {
      const value = values[index] ?? null
      return value !== null && holds(value, criterion.operator, criterion.threshold)
    })
    metInTurn = isMet ? metInTurn + 1 : 0
    const isBreached = metInTurn >= (rule.evaluationPeriods ?? 1)
    emit({ kind: 'alert evaluated', rule: rule.name, values, isBreached })
    const before = state
    const transition = nextAlertState(state, { isBreached, values, at, newId: randomUUID }, rule.autoMitigate)
    state = transition.state
    const announcement = toAnnouncement(rule, transition.announce, before, state, { at, windowEndAt })
    if (announcement === undefined) continue
    if (announcement.condition === 'Fired') emit({ kind: 'alert fired', rule: rule.name, values })
    else emit({ kind: 'alert resolved', rule: rule.name })
    // A slow receiver, or one that is retried for a minute, must not delay the next evaluation.
    const sent: Promise<void> = announce(announcement, signal)
      .catch((error) => {
        if (!signal.aborted) throw error
      })
      .finally(() => announced.delete(sent))
    announced.add(sent)
  }
  await Promise.allSettled(announced)
}

function readValues(rule: AlertRule, metrics: MetricStore, end: number): (number | null)[] {
  return rule.criteria.map(({ metric, aggregation, isZeroWithoutData }) => {
    const value = metrics.aggregate(metric, aggregation, end - rule.windowMs, end)
    return value === null && isZeroWithoutData ? 0 : value
  })
}

function toAnnouncement(
  rule: AlertRule,
  condition: 'Fired' | 'Resolved' | undefined,
  before: AlertState,
  after: AlertState,
  { at, windowEndAt }: { readonly at: number; readonly windowEndAt: number },
): Announcement | undefined {
  const alert = condition === 'Resolved' ? before : after
  if (condition === undefined || alert.kind === 'quiet') return undefined
  const { alertId, firedAt, values } = alert
  const announced = { rule, condition, alertId, firedAt, values, windowEndAt }
  return { ...announced, ...(condition === 'Resolved' ? { resolvedAt: at } : {}) }
}

function holds(value: number, operator: Operator, threshold: number): boolean {
  switch (operator) {
    case 'GreaterThan':
      return value > threshold
    case 'GreaterThanOrEqual':
      return value >= threshold
    case 'LessThan':
      return value < threshold
    case 'LessThanOrEqual':
      return value <= threshold
    case 'Equals':
      return value === threshold
  }
}
