import type { BillingTerms, RateCard } from '../pricing/index.ts'
import { UnknownModelPriceError } from '../pricing/index.ts'
import { addUsage, isSound, NO_USAGE, type Usage } from '../usage.ts'
import { type Nanos, nanosFromUsd, ZERO } from '../usd.ts'
import type { Delivered } from './answered-calls.ts'
import { billingTerms } from './billing-terms.ts'
import type { ModelCall } from './model-call.ts'
import type { Completion } from './model-result.ts'
import type { AnswerFacts, PieceUsage } from './wire-format.ts'
import type { Writable } from './writable.ts'

/** What is known of an answer when it has ended. */
export type Ending = {
  readonly status: 'completed' | 'failed' | 'aborted' | 'broken'
  readonly facts: AnswerFacts
  /** A gateway answered from its memory: nobody bills it. */
  readonly isFree?: boolean
  /** Nothing but the end of its stream said that the answer is whole. */
  readonly isUnfinished?: boolean
  /** What a gateway that is trusted says that it cost, in US dollars. */
  readonly costUsd?: number | undefined
  /** What came of the answer; undefined when nothing did that could tell. */
  readonly delivered?: Delivered | undefined
  /** Default: the provider's own. */
  readonly error?: unknown
  readonly timeToFirstTokenMs?: number | undefined
  readonly timePerChunkMs?: number | undefined
}

type Charge = Pick<Completion, 'usage' | 'usageSource' | 'costNanos' | 'unknownNanos' | 'isLikened'>

/** Turns what was read into what is charged: the provider's own count, else what was delivered. */
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
  { status, facts, isUnfinished = false, costUsd, delivered }: Ending,
): Charge {
  const { usage } = facts
  const billed = billedCall(call, rateCard, facts)
  const pieces = facts.pieces ?? piecesOf(billed.terms)
  if (usage && isSound(usage)) {
    call.input?.learn(call.model, usage, facts)
    if (status === 'completed' && !isUnfinished) call.likely?.learn(call.model, usage, delivered)
    const charge = reported(billed, rateCard, pieces ? { ...pieces, ...usage } : usage, facts.addedUsage)
    const told = nanosIfSound(costUsd)
    return told === undefined ? charge : { ...charge, costNanos: told }
  }
  // What is billed by the piece alone needs no usage.
  if (facts.pieces && facts.error === undefined) {
    const charge = reported(billed, rateCard, { ...NO_USAGE, ...facts.pieces })
    if (charge.costNanos > 0) return charge
  }
  // An error in place of an answer: nothing was generated.
  if (facts.error !== undefined && (delivered?.as === 'whole' || !delivered?.bound())) {
    return { usage: NO_USAGE, usageSource: 'reported', costNanos: ZERO }
  }
  const { inputUsage } = facts
  const known = facts.isPending ? {} : { likely: call.likely, inputUsage, delivered, pieces }
  return estimated(call, rateCard, billed, known)
}

/** What is billed by the piece is known before it is made. */
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

/** The provider's early figures, else what answered calls have shown, else the bound. */
function estimated(
  call: ModelCall,
  rateCard: RateCard,
  { model, terms }: Billed,
  { likely, inputUsage, delivered, pieces }: KnownOfIt,
): Charge {
  const { inputTokens, maxOutputTokens = Number.POSITIVE_INFINITY } = call
  const input = inputUsage ?? likely?.input(call.model, inputTokens) ?? { inputTokens, outputTokens: 0 }
  const told = delivered && (likely?.output(call.model, delivered) ?? delivered.bound())
  const most = told === undefined ? likely?.mostOutput(call.model) : undefined
  const outputTokens = told ?? Math.max(most ?? 0, delivered?.as === 'hidden' ? delivered.size : 0)
  // No estimate is above the cap that the provider was given.
  const usage = { ...input, ...pieces, outputTokens: Math.min(outputTokens, maxOutputTokens) }
  const costNanos = costIfKnown(rateCard, model, usage, terms)
  const known = inputUsage ?? (pieces && NO_USAGE)
  const knownNanos = known ? Math.min(costNanos, costIfKnown(rateCard, model, { ...known, ...pieces }, terms)) : 0
  return {
    usage,
    usageSource: told === undefined ? 'unknown' : 'estimated',
    costNanos,
    unknownNanos: (costNanos - knownNanos) as Nanos,
    ...(most === undefined ? {} : { isLikened: true }),
  }
}

/** How an attempt ended that was left before an answer came: it was sent, and nothing tells what was generated. */
export function leftUnanswered(call: ModelCall, rateCard: RateCard): Completion {
  return completionOf(call, rateCard, { status: 'aborted', facts: {}, error: call.signal.reason })
}

type Billed = { readonly model: string; readonly terms: BillingTerms | undefined }

/** Deployments are named after other models, and fallbacks answer with them: what answered is what is billed. */
function billedCall(call: ModelCall, rateCard: RateCard, { model: answered }: AnswerFacts): Billed {
  const terms = billingTerms(call)
  const model = typeof answered !== 'string' ? undefined : rateCard.billedAs?.(call.model, answered, terms)
  return { model: model ?? call.model, terms }
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

/** What cannot be a cost is none, so that it makes nothing free. */
function nanosIfSound(usd: number | undefined): Nanos | undefined {
  try {
    return usd === undefined ? undefined : nanosFromUsd(usd)
  } catch {
    return undefined
  }
}

/** What a call cost where a price is not a condition for telling that it happened: 0 for a model that has none. */
function costIfKnown(rateCard: RateCard, ...priced: Parameters<RateCard['costNanos']>): Nanos {
  try {
    return rateCard.costNanos(...priced)
  } catch (error) {
    if (UnknownModelPriceError.isInstance(error)) return ZERO
    throw error
  }
}
