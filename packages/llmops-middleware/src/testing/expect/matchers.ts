import { type ChecksOf, checkOptions, checkValue, oneOf, required, text, usd, whole } from '../../check.ts'
import type { Decision, ModelCallEnded, OpsEvent, TaskEnded, ToolCallEnded } from '../../events/index.ts'
import type { FailureClass } from '../../failure-class.ts'
import { type Nanos, nanosFromUsd, type Usd, usdFromNanos } from '../../usd.ts'
import { eventsOf } from './watch.ts'

/** What `toHaveSpent` expects: `usd`, `atMostUsd` or both. */
export type ExpectedSpend = {
  /** The exact amount, in US dollars. @default not checked */
  readonly usd?: Usd | undefined
  /** The maximum amount, in US dollars. @default not checked */
  readonly atMostUsd?: Usd | undefined
  /** The tenant that spent it. @default all tenants together */
  readonly tenant?: string | undefined
}

/** What `toHaveDecided` expects. */
export type ExpectedDecision = {
  /** The tenant of the decision. @default any */
  readonly tenant?: string | undefined
  /** The exact number. @default at least one */
  readonly times?: number | undefined
}

/** What `toHaveCalledTool` expects. */
export type ExpectedToolCalls = {
  /** How the calls ended. `fallback`: one of the `fallbacks` answered. @default any */
  readonly status?: ToolCallEnded['status'] | undefined
  /** The exact number. @default at least one */
  readonly times?: number | undefined
}

/** What `toHaveFailed` expects. */
export type ExpectedFailure = {
  /** The reason of the failure. @default any */
  readonly reason?: string | undefined
  /** Who is responsible for the failure. @default any */
  readonly class?: FailureClass | undefined
}

/** What a budget decided about a model call, or a decision outside of model calls. */
export type DecisionKind = ModelCallEnded['budget'] | Decision['kind']

const BY_BUDGET: readonly ModelCallEnded['budget'][] = ['allow', 'clamp', 'downshift', 'block']
const OUTSIDE: readonly Decision['kind'][] = ['refused', 'ungoverned', 'budget_notice', 'charged']
/** Checked, because `not.toHaveDecided` would always pass with a misspelt kind. */
const KIND = required(oneOf(...BY_BUDGET, ...OUTSIDE))
const TIMES = whole(0)

export const EXPECTED_SPEND: ChecksOf<ExpectedSpend> = { usd, atMostUsd: usd, tenant: text }
export const EXPECTED_DECISION: ChecksOf<ExpectedDecision> = { tenant: text, times: TIMES }
export const EXPECTED_TOOL_CALLS: ChecksOf<ExpectedToolCalls> = {
  status: oneOf('ok', 'fallback', 'error'),
  times: TIMES,
}
export const EXPECTED_FAILURE: ChecksOf<ExpectedFailure> = { reason: text, class: oneOf('agent', 'provider', 'caller') }

/** For `expect.extend(matchers)` of vitest and Jest. The subject is what `watch(createLlmOps(…))` returned. */
export const matchers = {
  toHaveSpent(ops: object, expected: ExpectedSpend) {
    checkOptions(expected, EXPECTED_SPEND)
    const { usd, atMostUsd, tenant } = expected
    if (usd === undefined && atMostUsd === undefined) throw new TypeError('toHaveSpent needs `usd` or `atMostUsd`.')
    const spends = spendsOf(eventsOf(ops, 'toHaveSpent'))
    const spent = sum(spends.filter((each) => tenant === undefined || each.tenant === tenant))
    const isExact = usd === undefined || spent === nanosFromUsd(usd)
    const isWithin = atMostUsd === undefined || spent <= nanosFromUsd(atMostUsd)
    const wanted = [usd !== undefined && `$${usd}`, atMostUsd !== undefined && `at most $${atMostUsd}`].filter(Boolean)
    const tenants = spent > 0 || tenant === undefined ? [] : [...new Set(spends.map((each) => each.tenant))]
    const others = tenants.map(
      (name) => `${name ?? 'no tenant'} $${inUsd(spends.filter((each) => each.tenant === name))}`,
    )
    const seen = `it spent $${usdFromNanos(spent)}${others.length > 0 ? `; by tenant: ${others.join(', ')}` : ''}`
    return verdict(isExact && isWithin, `${tenant ?? 'it'} to have spent ${wanted.join(' and ')}`, seen)
  },

  toHaveDecided(ops: object, kind: DecisionKind, expected: ExpectedDecision = {}) {
    checkValue(kind, KIND, 'kind')
    checkOptions(expected, EXPECTED_DECISION)
    const { tenant, times } = expected
    const decisions = eventsOf(ops, 'toHaveDecided').flatMap((event) => {
      if (tenant !== undefined && 'tenant' in event && event.tenant !== tenant) return []
      return event.type === 'model_call_ended' ? [event.budget] : event.type === 'decision' ? [event.kind] : []
    })
    return counted(decisions, kind, times, `a decision '${kind}'${tenant ? ` for ${tenant}` : ''}`)
  },

  toHaveCalledTool(ops: object, tool: string, expected: ExpectedToolCalls = {}) {
    checkOptions(expected, EXPECTED_TOOL_CALLS)
    const { status, times } = expected
    const ended = ({ tool, ...call }: ToolCallEnded) => (status === undefined ? tool : `${tool} (${call.status})`)
    const calls = eventsOf(ops, 'toHaveCalledTool')
      .filter((event) => event.type === 'tool_call_ended')
      .map(ended)
    const wanted = status === undefined ? tool : `${tool} (${status})`
    return counted(calls, wanted, times, `a call of ${wanted}`)
  },

  toHaveSucceeded(ops: object) {
    const tasks = tasksOf(ops, 'toHaveSucceeded')
    return verdict(tasks.length > 0 && tasks.every(({ outcome }) => outcome === 'success'), 'success', described(tasks))
  },

  toHaveFailed(ops: object, expected: ExpectedFailure = {}) {
    checkOptions(expected, EXPECTED_FAILURE)
    const tasks = tasksOf(ops, 'toHaveFailed')
    const { reason, class: by } = expected
    const isMeant = (task: TaskEnded) =>
      task.outcome === 'failure' && (reason ?? task.reason) === task.reason && (by ?? task.class) === task.class
    const wanted = [reason, by].filter(Boolean).join(', ')
    return verdict(tasks.some(isMeant), `a failure${wanted && ` (${wanted})`}`, described(tasks))
  },
}

/** The types of the matchers, to declare them for `expect`: docs/testing.md. */
export interface LlmOpsMatchers<Result = void> {
  /** Expects the amount that was charged, tools included. `usd` is compared to the nano-dollar. */
  toHaveSpent(expected: ExpectedSpend): Result
  /** Expects a decision of this kind. */
  toHaveDecided(kind: DecisionKind, expected?: ExpectedDecision): Result
  /**
   * Expects that a tool was called.
   *
   * @param tool the name of the tool
   */
  toHaveCalledTool(tool: string, expected?: ExpectedToolCalls): Result
  /** Expects that at least one task ended, and that all succeeded. */
  toHaveSucceeded(): Result
  /** Expects that at least one task failed, with this reason and class. */
  toHaveFailed(expected?: ExpectedFailure): Result
}

function spendsOf(events: readonly OpsEvent[]) {
  return events.flatMap((event) => {
    if (event.type !== 'model_call_ended' && event.type !== 'decision') return []
    const nanos = nanosFromUsd(event.type === 'decision' ? (event.usd ?? 0) : event.costUsd)
    return nanos > 0 ? [{ tenant: event.tenant, nanos }] : []
  })
}

const sum = (spends: ReturnType<typeof spendsOf>) => spends.reduce((total, { nanos }) => total + nanos, 0) as Nanos
const inUsd = (spends: ReturnType<typeof spendsOf>) => usdFromNanos(sum(spends))

const tasksOf = (ops: object, matcher: string) => eventsOf(ops, matcher).filter((event) => event.type === 'task_ended')

function described(tasks: readonly TaskEnded[]): string {
  const outcomes = tasks.map(({ outcome, reason, class: by }) => [outcome, reason, by].filter(Boolean).join(' '))
  return outcomes.join(', ') || 'no task has ended'
}

function counted(seen: readonly string[], wanted: string, times: number | undefined, what: string) {
  const found = seen.filter((one) => one === wanted).length
  const often = times === undefined ? '' : ` ${times} times`
  const pass = times === undefined ? found > 0 : found === times
  return verdict(pass, `${what}${often}`, seen.length > 0 ? `there were: ${seen.join(', ')}` : 'there was none')
}

/** One sentence for both results: `expect(…).not` prints the message if the matcher passes. */
function verdict(pass: boolean, wanted: string, seen: string) {
  return { pass, message: () => `expected ${pass ? 'anything but ' : ''}${wanted}; ${seen}` }
}
