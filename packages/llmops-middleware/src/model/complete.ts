import type { BillingTerms, RateCard } from '../pricing/index.ts'
import { isRouter, UnknownModelPriceError } from '../pricing/index.ts'
import { addUsage, isSound, NO_USAGE, type Usage } from '../usage.ts'
import { type Nanos, nanosFromUsd, ZERO } from '../usd.ts'
import type { Delivered } from './answered-calls.ts'
import { billingTerms } from './billing-terms.ts'
import type { ModelCall } from './model-call.ts'
import type { Completion } from './model-result.ts'
import type { AnswerFacts, PieceUsage } from './wire-format.ts'
import type { Writable } from './writable.ts'

/** How an answer ended, with what is known of it. */
export type Ending = {
  readonly status: 'completed' | 'failed' | 'aborted' | 'broken'
  readonly facts: AnswerFacts
  /** Whether a gateway answered from its cache, so that nothing is billed. */
  readonly isFree?: boolean
  /** Whether the stream ended without the end that its format promises. */
  readonly isUnfinished?: boolean
  /** The cost that a trusted gateway reports, in US dollars. */
  readonly costUsd?: number | undefined
  /** The service tier that the headers of the answer report. */
  readonly serviceTier?: string | undefined
  /** What was delivered of the answer; undefined if nothing was. */
  readonly delivered?: Delivered | undefined
  /** @default the provider's own error */
  readonly error?: unknown
  readonly timeToFirstTokenMs?: number | undefined
  readonly timePerChunkMs?: number | undefined
}

type Charge = Pick<Completion, 'usage' | 'usageSource' | 'costNanos' | 'unknownNanos' | 'isLikened'>

/** Returns what an ended call is charged: by the provider's usage, else by what was delivered. */
export function completionOf(call: ModelCall, rateCard: RateCard, ending: Ending): Completion {
  const { status, facts, isFree = false, isUnfinished, timeToFirstTokenMs, timePerChunkMs } = ending
  const { error = facts.error } = ending
  const completion: Writable<Completion> = { ...(isFree ? freeOf(facts) : chargeOf(call, rateCard, ending)), status }
  if (facts.model !== undefined) completion.responseModel = facts.model
  if (facts.finishReasons) completion.finishReasons = facts.finishReasons
  if (isUnfinished) completion.isUnfinished = isUnfinished
  if (error !== undefined) completion.error = error
  if (timeToFirstTokenMs !== undefined) completion.timeToFirstTokenMs = timeToFirstTokenMs
  if (timePerChunkMs !== undefined) completion.timePerChunkMs = timePerChunkMs
  if (facts.isPending && facts.id !== undefined && completion.usageSource !== 'reported') {
    const pending = call.background?.begin(facts.id, call, completion)
    if (pending) return { ...completion, pending }
  }
  return completion
}

function freeOf({ usage = NO_USAGE }: AnswerFacts): Charge {
  return { usage: isSound(usage) ? usage : NO_USAGE, usageSource: 'reported', costNanos: ZERO }
}

function chargeOf(
  call: ModelCall,
  rateCard: RateCard,
  { status, facts, isUnfinished = false, costUsd, serviceTier, delivered }: Ending,
): Charge {
  const usage = facts.usage && serviceTier ? { serviceTier, ...facts.usage } : facts.usage
  const billed = billedCall(call, rateCard, facts)
  const pieces = facts.pieces ?? piecesOf(billed.terms)
  if (usage && isSound(usage)) {
    call.input?.learn(call.model, usage, facts)
    if (status === 'completed' && !isUnfinished) call.likely?.learn(call.model, usage, delivered)
    const charge = reported(billed, rateCard, pieces ? { ...pieces, ...usage } : usage, facts.addedUsage)
    const reportedNanos = nanosIfSound(costUsd)
    return reportedNanos === undefined ? charge : { ...charge, costNanos: reportedNanos }
  }
  // A call that is billed by the piece needs no usage.
  if (facts.pieces && facts.error === undefined) {
    const charge = reported(billed, rateCard, { ...NO_USAGE, ...facts.pieces })
    if (charge.costNanos > 0) return charge
  }
  // An error instead of an answer: nothing was generated.
  if (facts.error !== undefined && (delivered?.as === 'whole' || !delivered?.bound())) {
    return { usage: NO_USAGE, usageSource: 'reported', costNanos: ZERO }
  }
  const { inputUsage } = facts
  const known = facts.isPending ? {} : { likely: call.likely, inputUsage, delivered, pieces }
  return estimated(call, rateCard, billed, known)
}

/** The number of billed pieces is known from the request. */
function piecesOf(terms: BillingTerms | undefined): PieceUsage | undefined {
  if (terms === undefined) return undefined
  const { pictures, characters, audioSeconds } = terms
  if (pictures === undefined && characters === undefined && audioSeconds === undefined) return undefined
  return {
    ...(pictures === undefined ? {} : { pictures }),
    ...(characters === undefined ? {} : { characters }),
    ...(audioSeconds === undefined ? {} : { audioSeconds }),
  }
}

type KnownOfIt = {
  readonly likely?: ModelCall['likely'] | undefined
  readonly inputUsage?: Usage | undefined
  readonly delivered?: Delivered | undefined
  readonly pieces?: PieceUsage | undefined
}

/** Estimates by the provider's early figures, else by answered calls, else by the upper bound. */
function estimated(
  call: ModelCall,
  rateCard: RateCard,
  { model, terms }: Billed,
  { likely, inputUsage, delivered, pieces }: KnownOfIt,
): Charge {
  const { inputTokens, maxOutputTokens = Number.POSITIVE_INFINITY } = call
  const input = inputUsage ?? likely?.input(call.model, inputTokens) ?? { inputTokens, outputTokens: 0 }
  const estimate = delivered && (likely?.output(call.model, delivered) ?? delivered.bound())
  const most = estimate === undefined ? likely?.mostOutput(call.model) : undefined
  const outputTokens = estimate ?? Math.max(most ?? 0, delivered?.as === 'hidden' ? delivered.size : 0)
  // An estimate must not exceed the cap that was sent to the provider, nor be less than the provider reported.
  const atLeast = Math.max(Math.min(outputTokens, maxOutputTokens), input.outputTokens)
  const usage = { ...input, ...pieces, outputTokens: atLeast }
  const costNanos = costIfKnown(rateCard, model, usage, terms)
  const known = inputUsage ?? (pieces && NO_USAGE)
  const knownNanos = known ? Math.min(costNanos, costIfKnown(rateCard, model, { ...known, ...pieces }, terms)) : 0
  return {
    usage,
    usageSource: estimate === undefined ? 'unknown' : 'estimated',
    costNanos,
    unknownNanos: (costNanos - knownNanos) as Nanos,
    ...(most === undefined ? {} : { isLikened: true }),
  }
}

/** Returns the completion of a call whose input was read, and billed, before it was refused. */
export function readOnly(call: ModelCall, rateCard: RateCard, error: unknown): Completion {
  const { model, terms } = billedCall(call, rateCard, {})
  const usage = call.likely?.input(call.model, call.inputTokens) ?? { ...NO_USAGE, inputTokens: call.inputTokens }
  const costNanos = costIfKnown(rateCard, model, usage, terms)
  return { status: 'failed', usage, usageSource: 'estimated', costNanos, unknownNanos: costNanos, error }
}

/** Returns the completion of an attempt that was aborted before an answer came: how much was generated is unknown. */
export function leftUnanswered(call: ModelCall, rateCard: RateCard): Completion {
  return completionOf(call, rateCard, { status: 'aborted', facts: {}, error: call.signal.reason })
}

type Billed = { readonly model: string; readonly terms: BillingTerms | undefined }

/** The model that answered is billed: deployments may have the name of another model, and fallbacks use other models. */
function billedCall(call: ModelCall, rateCard: RateCard, { model: answered }: AnswerFacts): Billed {
  const terms = billingTerms(call)
  const model = typeof answered !== 'string' ? undefined : rateCard.billedAs?.(call.model, answered, terms)
  if (model === undefined || model === call.model) return { model: call.model, terms }
  const isRouted = terms?.seller === 'azure' && isRouter(rateCard.modelOf(call.model))
  return { model, terms: isRouted ? { ...terms, isRouted } : terms }
}

function reported(
  { model, terms }: Billed,
  rateCard: RateCard,
  usage: Usage,
  added: AnswerFacts['addedUsage'] = [],
): Charge {
  let total = usage
  let costNanos = costIfKnown(rateCard, model, usage, terms)
  for (const { model: other, pricedLike, usage: part } of added) {
    if (!isSound(part)) continue
    total = addUsage(total, part)
    const priced = [other, pricedLike].find((name) => name !== undefined && rateCard.knows(name)) ?? model
    costNanos = (costNanos + costIfKnown(rateCard, priced, part, terms)) as Nanos
  }
  return { usage: total, usageSource: 'reported', costNanos }
}

/** Returns undefined for a value that cannot be a cost, so that it does not make the call free. */
function nanosIfSound(usd: number | undefined): Nanos | undefined {
  try {
    return usd === undefined ? undefined : nanosFromUsd(usd)
  } catch {
    return undefined
  }
}

/** Returns the cost, or 0 for a model without a price: the call has already happened and must be counted anyway. */
function costIfKnown(rateCard: RateCard, ...priced: Parameters<RateCard['costNanos']>): Nanos {
  try {
    return rateCard.costNanos(...priced)
  } catch (error) {
    if (UnknownModelPriceError.isInstance(error)) return ZERO
    throw error
  }
}
