import { type ChecksOf, flag } from '../check.ts'

/** What the price of a call depends on beside its tokens, as far as its request tells. */
export type BillingTerms = {
  /** Whether it asks the cache to keep what it writes for an hour, which costs more than five minutes. @default false */
  readonly keepsCacheForHour?: boolean
}

export const BILLING_TERMS: ChecksOf<BillingTerms> = {
  keepsCacheForHour: flag,
}

export const NO_TERMS: BillingTerms = {}
