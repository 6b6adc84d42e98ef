import type { Nanos } from '../usd.ts'
import type { Completion, ModelResult } from './model-result.ts'

/** What a header can carry as it is; a deployment may have a name of any letters. */
const PRINTABLE = /^[\x21-\x7e]+$/

/**
 * Tells the caller of a whole answer what the provider's own headers do not: which model was asked, what it cost, and what
 * its budgets have left. What is an error stays as the provider sent it, as does a stream, in which one can come.
 */
export function tellCaller(headers: Headers, { model, leftNanos }: Told, completion: Completion): void {
  const { status, usageSource, costNanos } = completion
  if (status !== 'completed') return
  headers.set('x-llmops-model', PRINTABLE.test(model) ? model : encodeURIComponent(model.toWellFormed()))
  if (usageSource === 'unknown') return
  headers.set('x-llmops-cost-usd', plainUsd(costNanos))
  if (leftNanos === undefined) return
  headers.set('x-llmops-remaining-usd', plainUsd(Math.max(0, leftNanos - costNanos) as Nanos))
}

type Told = Pick<ModelResult, 'model' | 'leftNanos'>

const NANOS_PER_USD = 1_000_000_000

/** Never in powers of ten, and exact to the nano-USD. */
function plainUsd(amount: Nanos): string {
  const nanos = amount % NANOS_PER_USD
  return `${(amount - nanos) / NANOS_PER_USD}.${String(nanos).padStart(9, '0')}`
}
