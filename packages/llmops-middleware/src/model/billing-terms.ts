import { type BillingTerms, sellerAt } from '../pricing/index.ts'
import type { ModelCall } from './model-call.ts'
import { targetUrl } from './target.ts'

/** Returns what the price of a call depends on besides tokens, with the seller at its endpoint. */
export function billingTerms({ terms, targetFor, model, request }: ModelCall): BillingTerms | undefined {
  const target = targetFor?.(model)
  const seller = sellerAt(target ? targetUrl(request.url, target) : request.url)
  return seller === undefined ? terms : { ...terms, seller }
}
