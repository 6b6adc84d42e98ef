import { type BillingTerms, regionAt, sellerAt } from '../pricing/index.ts'
import type { ModelCall } from './model-call.ts'
import { targetUrl } from './target.ts'

/** Returns what the price of a call depends on besides tokens, with the seller and the region at its endpoint. */
export function billingTerms({ terms, targetFor, model, request }: ModelCall): BillingTerms | undefined {
  const target = targetFor?.(model)
  const url = target ? targetUrl(request.url, target) : request.url
  const seller = sellerAt(url)
  const region = terms?.region ?? regionAt(url)
  return seller === undefined && region === undefined ? terms : { ...terms, seller, region }
}
