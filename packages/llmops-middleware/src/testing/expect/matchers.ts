import { type ChecksOf, checkOptions, checkValue, oneOf, required, text, usd, whole } from '../../check.ts'
import type { Decision, ModelCallEnded, OpsEvent, TaskEnded, ToolCallEnded } from '../../events/index.ts'
import type { FailureClass } from '../../failure-class.ts'
import type { Task } from '../../task.ts'
import { nanosFromUsd, type Usd, usdFromNanos } from '../../usd.ts'
import { eventsOf } from './watch.ts'

/** What `toHaveSpent` expects. */
export type ExpectedSpend = {
  /** Exactly so much, in US dollars. @default not checked */
  readonly usd?: Usd | undefined
  /** So much or less, in US dollars. @default not checked */
  readonly atMostUsd?: Usd | undefined
  /** Of this tenant alone. @default all of them */
  readonly tenant?: string | undefined
}

/** What `toHaveDecided` expects. */
export type ExpectedDecision = {
  /** For this tenant alone. @default any */
  readonly tenant?: string | undefined
  /** Exactly so often. @default at least once */
  readonly times?: number | undefined
}

/** What `toHaveCalledTool` expects. */
export type ExpectedToolCalls = {
  /** How they ended: `fallback` is an answer by one of the `fallbacks`. @default any */
  readonly status?: ToolCallEnded['status'] | undefined
  /** Exactly so often. @default at least once */
  readonly times?: number | undefined
}

/** What `toHaveFailed` expects. */
export type ExpectedFailure = {
  /** The reason that the task has. @default any */
  readonly reason?: string | undefined
  /** Whose failure it was; only of watched `ops`. @default any */
  readonly class?: FailureClass | undefined
}

/** What a budget made of a model call, or what happened outside of any. */
export type DecisionKind = ModelCallEnded['budget'] | Decision['kind']

/** A kind that there is not would never have been decided, and `not.toHaveDecided` would hold forever. */
const KINDS: Readonly<Record<DecisionKind, true>> = {
  allow: true,
  clamp: true,
  downshift: true,
  block: true,
  refused: true,
  ungoverned: true,
  budget_notice: true,
  charged: true,
}
const KIND = required(oneOf(...Object.keys(KINDS)))

export const EXPECTED_SPEND: ChecksOf<ExpectedSpend> = { usd, atMostUsd: usd, tenant: text }
export const EXPECTED_DECISION: ChecksOf<ExpectedDecision> = { tenant: text, times: whole(0) }
export const EXPECTED_TOOL_CALLS: ChecksOf<ExpectedToolCalls> = {
  status: oneOf('ok', 'fallback', 'error'),
  times: whole(0),
}
export const EXPECTED_FAILURE: ChecksOf<ExpectedFailure> = { reason: text, class: oneOf('agent', 'provider', 'caller') }

type Verdict = { readonly pass: boolean; readonly message: () => string }
type Watched = { readonly events: unknown }

/**
 * For `expect.extend(matchers)` of vitest and Jest. A subject is what `watch(createLlmOps(…))` returned; for spend and
 * outcomes also a task that has ended.
 */
export const matchers = {
  /** What was charged, with the tools that cost money; `usd` to the nano-dollar. */
  toHaveSpent(subject: Watched | Task, expected: ExpectedSpend): Verdict {
    checkOptions(expected, EXPECTED_SPEND)
    const { usd, atMostUsd, tenant } = expected
    if (usd === undefined && atMostUsd === undefined) throw new TypeError('toHaveSpent needs `usd` or `atMostUsd`.')
    const spends = isTask(subject)
      ? new Map([[subject.tenant, nanosFromUsd(subject.totals.costUsd)]])
      : spentByTenant(eventsOf(subject, 'toHaveSpent'))
    const spent = spentBy(spends, isTask(subject) ? undefined : tenant)
    const isExact = usd === undefined || spent === nanosFromUsd(usd)
    const isWithin = atMostUsd === undefined || spent <= nanosFromUsd(atMostUsd)
    const wanted = [usd !== undefined && `$${usd}`, atMostUsd !== undefined && `at most $${atMostUsd}`].filter(Boolean)
    return verdict(
      isExact && isWithin,
      `${tenant ?? 'it'} to have spent ${wanted.join(' and ')}`,
      `spent were $${usdFromNanos(spent as never)}${othersThan(tenant, spends)}`,
    )
  },

  toHaveDecided(subject: Watched, kind: DecisionKind, expected: ExpectedDecision = {}): Verdict {
    checkValue(kind, KIND, 'kind')
    checkOptions(expected, EXPECTED_DECISION)
    const { tenant, times } = expected
    const decisions = eventsOf(subject, 'toHaveDecided').flatMap((event) => {
      if (tenant !== undefined && 'tenant' in event && event.tenant !== tenant) return []
      if (event.type === 'model_call_ended') return [event.budget]
      return event.type === 'decision' ? [event.kind] : []
    })
    return counted(decisions, kind, times, `a decision '${kind}'${tenant ? ` for ${tenant}` : ''}`)
  },

  toHaveCalledTool(subject: Watched, tool: string, expected: ExpectedToolCalls = {}): Verdict {
    checkOptions(expected, EXPECTED_TOOL_CALLS)
    const { status, times } = expected
    const wanted = status === undefined ? tool : `${tool} (${status})`
    const calls = eventsOf(subject, 'toHaveCalledTool').flatMap((event) => {
      if (event.type !== 'tool_call_ended') return []
      return [status === undefined ? event.tool : `${event.tool} (${event.status})`]
    })
    return counted(calls, wanted, times, `a call of ${wanted}`)
  },

  /** Of watched `ops`: each of its tasks, and at least one. */
  toHaveSucceeded(subject: Watched | Task): Verdict {
    const outcomes = outcomesOf(subject, 'toHaveSucceeded')
    const isGood = outcomes.length > 0 && outcomes.every(({ outcome }) => outcome === 'success')
    return verdict(isGood, 'success', `${describeAll(outcomes)}`)
  },

  /** Of watched `ops`: at least one of its tasks. */
  toHaveFailed(subject: Watched | Task, expected: ExpectedFailure = {}): Verdict {
    checkOptions(expected, EXPECTED_FAILURE)
    const outcomes = outcomesOf(subject, 'toHaveFailed')
    const isMeant = (ended: Ended) =>
      ended.outcome === 'failure' &&
      (expected.reason === undefined || ended.reason === expected.reason) &&
      (expected.class === undefined || ended.class === expected.class)
    const wanted = Object.values(expected).filter(Boolean).join(', ')
    return verdict(outcomes.some(isMeant), `a failure${wanted && ` (${wanted})`}`, describeAll(outcomes))
  },
}

/** What `expect` has after `expect.extend(matchers)`, for TypeScript: docs/testing.md. */
export interface LlmOpsMatchers<Result = void> {
  /** Expects that this task, or all that was watched, has spent this much. */
  toHaveSpent(expected: ExpectedSpend): Result
  /** Expects that a budget decided this for a model call. */
  toHaveDecided(kind: DecisionKind, expected?: ExpectedDecision): Result
  /**
   * Expects that a tool was called.
   *
   * @param tool the name of the tool
   */
  toHaveCalledTool(tool: string, expected?: ExpectedToolCalls): Result
  /** Expects that this task succeeded, or each one that was watched, and at least one. */
  toHaveSucceeded(): Result
  /** Expects that this task failed, or at least one that was watched. */
  toHaveFailed(expected?: ExpectedFailure): Result
}

type Ended = Pick<TaskEnded, 'outcome' | 'reason' | 'class'>

const isTask = (subject: Watched | Task): subject is Task => 'totals' in subject && 'remainingMs' in subject

/** Nano-dollars; `undefined` is what nobody pays. */
type Spends = ReadonlyMap<string | undefined, number>

function spentByTenant(events: readonly OpsEvent[]): Spends {
  const spends = new Map<string | undefined, number>()
  for (const event of events) {
    if (event.type !== 'model_call_ended' && event.type !== 'decision') continue
    const nanos = nanosFromUsd(event.type === 'decision' ? (event.usd ?? 0) : event.costUsd)
    if (nanos > 0) spends.set(event.tenant, (spends.get(event.tenant) ?? 0) + nanos)
  }
  return spends
}

function spentBy(spends: Spends, tenant: string | undefined): number {
  if (tenant !== undefined) return spends.get(tenant) ?? 0
  return [...spends.values()].reduce((sum, nanos) => sum + nanos, 0)
}

/** Who spent instead of a tenant that spent nothing, which may be misspelt. */
function othersThan(tenant: string | undefined, spends: Spends): string {
  if (tenant === undefined || spends.has(tenant) || spends.size === 0) return ''
  const others = [...spends].map(([name, nanos]) => `${name ?? 'nobody'} $${usdFromNanos(nanos as never)}`)
  return `; by tenant: ${others.join(', ')}`
}

function outcomesOf(subject: Watched | Task, matcher: string): readonly Ended[] {
  if (!isTask(subject)) return eventsOf(subject, matcher).filter((event) => event.type === 'task_ended')
  const { outcome } = subject
  if (outcome === undefined) return []
  return [outcome.status === 'success' ? { outcome: 'success' } : { outcome: 'failure', reason: outcome.reason }]
}

function describeAll(outcomes: readonly Ended[]): string {
  if (outcomes.length === 0) return 'no task has ended'
  return outcomes.map(({ outcome, reason, class: by }) => [outcome, reason, by].filter(Boolean).join(' ')).join(', ')
}

function counted(seen: readonly string[], wanted: string, times: number | undefined, what: string): Verdict {
  const found = seen.filter((one) => one === wanted).length
  const pass = times === undefined ? found > 0 : found === times
  return verdict(
    pass,
    `${what}${times === undefined ? '' : ` ${times} times`}`,
    seen.length ? `there were: ${seen.join(', ')}` : 'there was none',
  )
}

/** One sentence for both ways: `expect(…).not` asks for the message where the matcher passes. */
function verdict(pass: boolean, wanted: string, seen: string): Verdict {
  return { pass, message: () => `expected ${pass ? 'anything but ' : ''}${wanted}; ${seen}` }
}
