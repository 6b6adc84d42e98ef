import type { BillingTerms } from '../../pricing/index.ts'
import { keepsCacheForHour } from './cache-time.ts'
import { otherModels } from './other-models.ts'

/** What the price of a request depends on beside its tokens; undefined for most. */
export function requestTerms(body: Readonly<Record<string, unknown>>): BillingTerms | undefined {
  const others = otherModels(body)
  const isKept = keepsCacheForHour(body, body['system'], body['messages'], body['tools'])
  if (others.length === 0 && !isKept) return undefined
  return { ...(others.length > 0 ? { otherModels: others } : {}), ...(isKept ? { keepsCacheForHour: true } : {}) }
}
