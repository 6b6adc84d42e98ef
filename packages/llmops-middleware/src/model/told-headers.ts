import { type Nanos, usdFromNanos } from '../usd.ts'
import type { Completion } from './model-result.ts'

/** What a header can carry as it is; a deployment may have a name of any letters. */
const PRINTABLE = /^[\x21-\x7e]+$/

/**
 * Tells the caller of a whole answer what the provider's own headers do not: which model was asked, and what it cost. What
 * is an error stays as the provider sent it, as does a stream, in which one can come.
 */
export function tellCaller(headers: Headers, model: string, { status, usageSource, costNanos }: Completion): void {
  if (status !== 'completed') return
  headers.set('x-llmops-model', PRINTABLE.test(model) ? model : encodeURIComponent(model.toWellFormed()))
  if (usageSource !== 'unknown') headers.set('x-llmops-cost-usd', plainUsd(costNanos))
}

/** Never in powers of ten. */
function plainUsd(amount: Nanos): string {
  return usdFromNanos(amount).toFixed(9)
}
