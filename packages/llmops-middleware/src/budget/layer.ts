import { LlmOpsError } from '../errors.ts'
import type { Completion, ModelCall, ModelLayer, ModelResult, PendingCharge } from '../model/index.ts'
import { billingTerms, type OwnErrorFacts, refused, withHeaders } from '../model/index.ts'
import { isPromise, type MaybePromise } from '../pipeline.ts'
import type { RateCard } from '../pricing/index.ts'
import type { Sli } from '../sli/index.ts'
import { spanEvent } from '../span-event.ts'
import { recordOf } from '../task.ts'
import { ZERO } from '../usd.ts'
import { type BudgetBreaker, budgetOf } from './breaker.ts'
import type { ReserveCall } from './calls.ts'
import { asTranslated, canServe, DownshiftWarnings, translated } from './downshift.ts'
import { addRefusalEvent, explainRefusal, type Refusal, type TaskRefusal } from './refusal.ts'
import type { OpenReservation } from './reservation.ts'

export type BudgetSli = Pick<Sli, 'downshifted' | 'budgetBreached'>

/**
 * Holds the worst case of each attempt before it is made, and settles it after its last byte was delivered, so that the
 * caller does not wait for the settlement. Refuses what cannot be paid with a 402 in the provider's own error format.
 */
export function budgetLayer(breaker: BudgetBreaker, sli?: BudgetSli): ModelLayer {
  return layerOf(budgetOf(breaker), sli)
}

type OpenAdmission = OpenReservation | Refusal | TaskRefusal

/** The budget of a tenant, which returns synchronously where its ledger does, or the budget of a task. */
export interface CallBudget {
  readonly rateCard: RateCard
  reserve(call: ReserveCall): MaybePromise<OpenAdmission>
  /** Lets a settlement run in the background. */
  track(settlement: MaybePromise<unknown>): void
}

/** Returns the layer of a budget that does not check its arguments. */
export function layerOf(budget: CallBudget, sli?: BudgetSli, epochMs: () => number = Date.now): ModelLayer {
  const downshiftWarnings = new DownshiftWarnings()

  return async (call, next) => {
    const { tenant, scopes, task, model, inputTokens, input, signal, notes } = call
    const { maxOutputTokens, takesNoCap, answers, thinkingTokens } = call
    const reasons: string[] = []
    let admission: OpenAdmission
    try {
      const isServedToo = (other: string) => {
        if (!canServe(call, other, budget.rateCard)) return false
        const translation = translated(call, other, budget.rateCard)
        if ('body' in translation) return true
        reasons.push(downshiftWarnings.warn(model, other, translation.refused))
        return false
      }
      const inputTokensOn = input && ((other: string) => input.tokensOn(other))
      const terms = billingTerms(call)
      const caps = { maxOutputTokens, takesNoCap, answers, thinkingTokens }
      const size = { model, inputTokens, inputTokensOn, ...caps, terms, isServedToo }
      const reserving = budget.reserve({ tenant, scopes, ...size, signal })
      // With a synchronous ledger the call continues in the same turn of the event loop.
      admission = isPromise(reserving) ? await reserving : reserving
    } catch (error) {
      return refuseUncountable(call, error)
    }
    if (!admission.granted) {
      sli?.budgetBreached(tenant, 'block')
      notes?.decided('block')
      addRefusalEvent(admission)
      return blocked(call, admission, epochMs(), reasons)
    }
    if (admission.decision === 'downshift') {
      sli?.downshifted(tenant)
      sli?.budgetBreached(tenant, 'downshift')
      notes?.decided('downshift')
      recordOf(task)?.count('downshifts')
      spanEvent('agent.model.downshift', { 'agent.requested_model': model, 'gen_ai.request.model': admission.model })
    }
    if (admission.isClamped) {
      sli?.budgetBreached(tenant, 'clamp')
      notes?.decided('clamp')
      recordOf(task)?.count('clamps')
      addClampEvent(maxOutputTokens, admission.maxOutputTokens)
    }
    const moved = admission.model === model ? call : asTranslated(call, admission.model, budget.rateCard)
    return await spend(moved, admission, next, budget)
  }
}

function addClampEvent(requested: number | undefined, clampedTo: number): void {
  spanEvent('agent.model.clamp', {
    'gen_ai.request.max_tokens': clampedTo,
    ...(requested !== undefined && { 'agent.requested_max_tokens': requested }),
  })
}

async function spend(
  call: ModelCall,
  reservation: OpenReservation,
  next: Parameters<ModelLayer>[1],
  budget: CallBudget,
): Promise<ModelResult> {
  const { model, writtenTokens: maxOutputTokens, isClamped, leftNanos } = reservation
  if (call.signal.aborted) {
    // The caller aborted while the call waited for the budget: nothing was sent.
    budget.track(reservation.end(ZERO))
    throw call.signal.reason
  }
  const end = (completion: Completion) => settle(reservation, completion, budget)
  const onLeft = (completion: Completion) => {
    const charged = end(completion)
    call.onLeft?.(charged)
  }
  try {
    const inputTokens = call.input?.tokensOn(model) ?? call.inputTokens
    const result = await next({ ...call, model, inputTokens, maxOutputTokens, onLeft })
    // An in-memory ledger is synchronous, so its settlement is done before the caller continues.
    const completion = result.completion.then(end)
    budget.track(completion)
    // An inner budget may have set a lower cap, which then stays.
    const marked =
      isClamped && result.clampedToTokens === undefined ? markClamped(result, reservation.maxOutputTokens) : result
    return marked.body.pieces
      ? { ...marked, completion }
      : { ...marked, completion, leftNanos: Math.min(leftNanos, marked.leftNanos ?? leftNanos) }
  } catch (error) {
    // If the attempt may have been billed, `onLeft` has already settled it, and this changes nothing.
    budget.track(reservation.end(ZERO))
    throw error
  }
}

/** Adds the header with the lower cap for the caller. */
function markClamped(result: ModelResult, maxOutputTokens: number): ModelResult {
  const marked = withHeaders(result, { 'x-llmops-max-output-tokens': String(maxOutputTokens) })
  return { ...marked, clampedToTokens: maxOutputTokens }
}

/**
 * Charges what an attempt cost, or what the rules say where the cost is unknown. Returns the completion with that charge,
 * for the outer layers.
 */
function settle(reservation: OpenReservation, completion: Completion, budget: CallBudget): Completion {
  const charged = completion.isCharged ? completion : reservation.chargedFor(completion)
  const { pending } = charged
  if (pending && postpone(reservation, charged, pending, budget)) return charged
  attempt(budget, () => reservation.end(charged.costNanos, charged.unknownNanos))
  // The charge here is final, so outer layers must not postpone theirs.
  return pending ? withoutPending(charged) : charged
}

function withoutPending({ pending: _, ...charged }: Completion): Completion {
  return charged
}

/** Postpones the charge of a response that runs in the background until its cost becomes known. */
function postpone(
  reservation: OpenReservation,
  charged: Completion,
  pending: PendingCharge,
  budget: CallBudget,
): boolean {
  const settleLate = reservation.postpone(charged.costNanos)
  if (!settleLate) return false
  pending.counted = charged
  pending.onKnown(({ costNanos }) => attempt(budget, () => settleLate(costNanos)))
  return true
}

/** Settles without throwing, because a completion never rejects. If the ledger fails, the lease ends the hold. */
function attempt(budget: CallBudget, settlement: () => MaybePromise<void>): void {
  try {
    budget.track(settlement())
  } catch {}
}

/** Open calls may have released their holds after this time. */
const HELD_RETRY_AFTER_S = 5

function blocked(
  call: ModelCall,
  refusal: Refusal | TaskRefusal,
  nowMs: number,
  reasons: readonly string[],
): ModelResult {
  const { scope, reason, neededUsd, leftUsd, spentUsd, heldUsd, limitUsd, resetsAt } = refusal
  const error: OwnErrorFacts = {
    message: [explainRefusal(refusal), ...reasons, ...explainReferences(call)].join(' '),
    type: 'budget_error',
    code: resetsAt ? 'budget_exceeded' : 'run_budget_exceeded',
    details: {
      scope,
      reason,
      needed_usd: neededUsd,
      left_usd: leftUsd,
      spent_usd: spentUsd,
      held_usd: heldUsd,
      limit_usd: limitUsd,
      ...(resetsAt && { resets_at: resetsAt.toISOString() }),
    },
  }
  if (!resetsAt || !canFitLater(refusal)) return refused(call, error)
  return refused(call, error, { headers: { 'retry-after': String(retryAfterS(reason, resetsAt, nowMs)) } })
}

/** Returns false for a call that does not fit even when the account starts again: waiting does not help it. */
function canFitLater({ reason, neededUsd, limitUsd }: Refusal | TaskRefusal): boolean {
  return reason !== 'zero' && reason !== 'not_listed' && neededUsd <= limitUsd
}

/** Returns what to do about a refusal whose hold is large because the call refers to content of unknown size. */
function explainReferences({ input, model }: ModelCall): string[] {
  if (!input?.isHeldAsContextOn(model)) return []
  return [
    'The call refers to earlier answers, files or prompts whose size no answer has reported, so the whole context of the ' +
      'model is held for them. Send their content instead (`store: false`), or share known sizes between processes (`seen`).',
  ]
}

/** For people and queues. SDKs do not wait that long, because the response also has `x-should-retry: false`. */
function retryAfterS(reason: Refusal['reason'], resetsAt: Date, nowMs: number): number {
  const untilResetS = Math.max(1, Math.ceil((resetsAt.getTime() - nowMs) / 1000))
  return reason === 'held' ? Math.min(HELD_RETRY_AFTER_S, untilResetS) : untilResetS
}

/** Refuses a call that has no price, or that the ledger cannot count. */
function refuseUncountable(call: ModelCall, error: unknown): ModelResult {
  if (call.signal.aborted || !LlmOpsError.isInstance(error)) throw error
  return refused(call, { message: `${error.message} The call was not sent.`, type: 'budget_error', code: error.code })
}
