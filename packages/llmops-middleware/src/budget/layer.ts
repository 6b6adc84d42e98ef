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
import { asTranslated, canServe, KeptByParameter, translated } from './downshift.ts'
import { explainRefusal, type Refusal, type TaskRefusal, tellRefusal } from './refusal.ts'
import type { OpenReservation } from './reservation.ts'

export type BudgetSli = Pick<Sli, 'downshifted' | 'budgetBreached'>

/**
 * Holds the worst case of each attempt before it is made and settles it when its last byte was delivered, off the
 * caller's path. What cannot be paid is answered with a 402 in the provider's own error shape.
 */
export function budgetLayer(breaker: BudgetBreaker, sli?: BudgetSli): ModelLayer {
  return layerOf(budgetOf(breaker), sli)
}

type OpenAdmission = OpenReservation | Refusal | TaskRefusal

/** Of a tenant, which answers at once where its ledger does, or of a task. */
export interface CallBudget {
  readonly rateCard: RateCard
  reserve(call: ReserveCall): MaybePromise<OpenAdmission>
  /** Lets a settlement run on its own. */
  track(settlement: MaybePromise<unknown>): void
}

/** The layer of a budget that trusts its arguments. */
export function layerOf(budget: CallBudget, sli?: BudgetSli, epochMs: () => number = Date.now): ModelLayer {
  const kept = new KeptByParameter()

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
        reasons.push(kept.tell(model, other, translation.refused))
        return false
      }
      const inputTokensOn = input && ((other: string) => input.tokensOn(other))
      const terms = billingTerms(call)
      const caps = { maxOutputTokens, takesNoCap, answers, thinkingTokens }
      const size = { model, inputTokens, inputTokensOn, ...caps, terms, isServedToo }
      const reserving = budget.reserve({ tenant, scopes, ...size, signal })
      // A ledger that answers at once costs the call no turn.
      admission = isPromise(reserving) ? await reserving : reserving
    } catch (error) {
      return unpayable(call, error)
    }
    if (!admission.granted) {
      sli?.budgetBreached(tenant, 'block')
      notes?.decided('block')
      tellRefusal(admission)
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
      tellClamp(maxOutputTokens, admission.maxOutputTokens)
    }
    const moved = admission.model === model ? call : asTranslated(call, admission.model, budget.rateCard)
    return await spend(moved, admission, next, budget)
  }
}

function tellClamp(requested: number | undefined, given: number): void {
  spanEvent('agent.model.clamp', {
    'gen_ai.request.max_tokens': given,
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
    // It was left while it waited for the budget: nothing was sent.
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
    // The ledger of one process answers at once, so its settlement is done before the caller goes on.
    const completion = result.completion.then(end)
    budget.track(completion)
    // A budget further in may have cut it shorter.
    const told =
      isClamped && result.clampedToTokens === undefined ? clamped(result, reservation.maxOutputTokens) : result
    return told.body.pieces
      ? { ...told, completion }
      : { ...told, completion, leftNanos: Math.min(leftNanos, told.leftNanos ?? leftNanos) }
  } catch (error) {
    // Of one that may have been billed `onLeft` has heard.
    budget.track(reservation.end(ZERO))
    throw error
  }
}

/** What a caller must know of an answer that the provider cannot say. */
function clamped(result: ModelResult, maxOutputTokens: number): ModelResult {
  const told = withHeaders(result, { 'x-llmops-max-output-tokens': String(maxOutputTokens) })
  return { ...told, clampedToTokens: maxOutputTokens }
}

/** Charges what an attempt cost, or what the rules say where nobody knows, and tells who is further out. */
function settle(reservation: OpenReservation, completion: Completion, budget: CallBudget): Completion {
  const charged = completion.isCharged ? completion : reservation.chargedFor(completion)
  const { pending } = charged
  if (pending && postpone(reservation, charged, pending, budget)) return charged
  attempt(budget, () => reservation.end(charged.costNanos, charged.unknownNanos))
  // What was counted for good here is so further out too.
  return pending ? withoutPending(charged) : charged
}

function withoutPending({ pending: _, ...charged }: Completion): Completion {
  return charged
}

/** A response goes on in the background: what it cost is counted when somebody is told. */
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

/** A completion never rejects. A ledger that fails leaves the hold to its lease. */
function attempt(budget: CallBudget, settlement: () => MaybePromise<void>): void {
  try {
    budget.track(settlement())
  } catch {}
}

/** What open calls hold may be back this soon. */
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
  return refused(call, error, resetsAt && { headers: { 'retry-after': String(retryAfterS(reason, resetsAt, nowMs)) } })
}

/** What helps where a call is refused for what it only refers to. */
function explainReferences({ input, model }: ModelCall): string[] {
  if (!input?.isHeldAsContextOn(model)) return []
  return [
    'It refers to earlier answers, files or prompts of which no answer has told the size, so that the whole context of ' +
      'the model is held for them: send what they hold instead (`store: false`), or share what was seen (`seen`).',
  ]
}

/** For people and queues; `x-should-retry: false` keeps the SDK from waiting for the end of the month. */
function retryAfterS(reason: Refusal['reason'], resetsAt: Date, nowMs: number): number {
  const untilResetS = Math.max(1, Math.ceil((resetsAt.getTime() - nowMs) / 1000))
  return reason === 'held' ? Math.min(HELD_RETRY_AFTER_S, untilResetS) : untilResetS
}

/** Nothing is spent that has no price, or that nobody can count. */
function unpayable(call: ModelCall, error: unknown): ModelResult {
  if (call.signal.aborted || !LlmOpsError.isInstance(error)) throw error
  return refused(call, { message: error.message, type: 'budget_error', code: error.code })
}
