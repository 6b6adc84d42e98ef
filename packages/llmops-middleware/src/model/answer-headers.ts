import type { Nanos } from '../usd.ts'
import type { Completion, ModelResult } from './model-result.ts'

/** Text that a header can contain. Names of deployments may have other letters. */
const PRINTABLE = /^[\x21-\x7e]+$/

/**
 * Adds headers to a whole answer: which model was called, what the call cost, and what its budgets have left. Errors, and
 * streams, which may end with an error, keep the provider's headers.
 */
export function addAnswerHeaders(headers: Headers, { model, leftNanos }: AnsweredModel, completion: Completion): void {
  const { status, usageSource, costNanos } = completion
  if (status !== 'completed') return
  headers.set('x-llmops-model', PRINTABLE.test(model) ? model : encodeURIComponent(model.toWellFormed()))
  if (usageSource === 'unknown') return
  headers.set('x-llmops-cost-usd', plainUsd(costNanos))
  if (leftNanos === undefined) return
  headers.set('x-llmops-remaining-usd', plainUsd(Math.max(0, leftNanos - costNanos) as Nanos))
}

type AnsweredModel = Pick<ModelResult, 'model' | 'leftNanos'>

const NANOS_PER_USD = 1_000_000_000

/** Formats an amount without an exponent, exact to the nano-USD. */
function plainUsd(amount: Nanos): string {
  const nanos = amount % NANOS_PER_USD
  return `${(amount - nanos) / NANOS_PER_USD}.${String(nanos).padStart(9, '0')}`
}
