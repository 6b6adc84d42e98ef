import { type ChecksOf, flag, listOf, text } from '../check.ts'

/** What the price of a call depends on beside its tokens, as far as its request tells. */
export type BillingTerms = {
  /** Who sells it, as `@pydantic/genai-prices` names them: `openai`, `azure`, `google`. @default who makes the model */
  readonly seller?: string | undefined
  /** Models that may answer in the place of the one that is asked. @default none */
  readonly otherModels?: readonly string[]
  /** Whether it asks the cache to keep what it writes for an hour, which costs more than five minutes. @default false */
  readonly keepsCacheForHour?: boolean
}

export const BILLING_TERMS: ChecksOf<BillingTerms> = {
  seller: text,
  otherModels: listOf(text),
  keepsCacheForHour: flag,
}

export const NO_TERMS: BillingTerms = {}
