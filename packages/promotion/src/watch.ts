import { setTimeout as delay } from 'node:timers/promises'
import { askReadiness, type ProbeDetails } from './agent-health.ts'
import { RefusedError } from './refused-error.ts'
import type { OnStep } from './swap-and-verify.ts'
import type { WebApp } from './web-app.ts'

/** What the alert rules hold production to; a part of `slo.yaml`. */
export type Objectives = {
  readonly undoBelowSuccess: number
  readonly costPerTaskUsd: number
  readonly smallestSample: number
}

export type WatchOptions = {
  readonly forMs: number
  readonly everyMs: number
  readonly objectives: Objectives
  readonly onStep: OnStep
  readonly signal?: AbortSignal
}

/**
 * Reads the figures of the alert rules from production for a while, and reports them. Nothing is swapped.
 *
 * @returns why production misses an objective, or undefined when it met them all the time.
 * @throws RefusedError if production does not report its figures.
 */
export async function watch(app: WebApp, options: WatchOptions): Promise<string | undefined> {
  const { forMs, everyMs, objectives, onStep, signal } = options
  const { host } = await app.read()
  for (let passedMs = 0; ; passedMs += everyMs) {
    const readiness = await askReadiness(app, host)
    if (readiness.kind === 'unknown') throw new RefusedError(`Nothing is known of production: ${readiness.why}.`)
    if (readiness.kind === 'failed') return `production fails its test task (${readiness.reason ?? 'no answer'})`
    const { outcomes } = readiness.details
    if (outcomes === undefined) {
      throw new RefusedError(
        'Production reports its figures only to probes: set PROBE_TOKEN to the secret probe-token of the vault.',
      )
    }
    onStep(outcomesText(outcomes))
    const missed = missedBy(outcomes, objectives)
    if (missed !== undefined) return missed
    if (passedMs + everyMs > forMs) return undefined
    await delay(everyMs, undefined, { signal })
  }
}

type Outcomes = NonNullable<ProbeDetails['outcomes']>

function missedBy(
  outcomes: Outcomes,
  { undoBelowSuccess, costPerTaskUsd, smallestSample }: Objectives,
): string | undefined {
  const { tasks = 0, taskSuccess = 1, toolCalls = 0, toolSuccess = 1, costPerTaskUsd: cost = 0 } = outcomes
  if (tasks >= smallestSample && taskSuccess < undoBelowSuccess)
    return `${percent(taskSuccess)} of ${tasks} tasks succeeded`
  if (toolCalls >= smallestSample && toolSuccess < undoBelowSuccess) {
    return `${percent(toolSuccess)} of ${toolCalls} tool calls were answered`
  }
  if (tasks >= smallestSample && cost > costPerTaskUsd)
    return `a task cost ${cost.toFixed(4)} USD in the mean of ${tasks}`
  return undefined
}

function outcomesText({ tasks = 0, taskSuccess, toolCalls = 0, toolSuccess, costPerTaskUsd }: Outcomes): string {
  const ratio = (value: number | undefined) => (value === undefined ? '' : ` (${percent(value)})`)
  const cost = costPerTaskUsd === undefined ? '' : `, ${costPerTaskUsd.toFixed(4)} USD a task`
  return `Since it took over: ${tasks} tasks${ratio(taskSuccess)}, ${toolCalls} tool calls${ratio(toolSuccess)}${cost}.`
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`
}
