import { type ChecksOf, flag, listOf, text, whole } from '../check.ts'

/** What the price of a call depends on beside its tokens, as far as its request tells. */
export type BillingTerms = {
  /** Who sells it, as `@pydantic/genai-prices` names them: `openai`, `azure`, `google`. @default who makes the model */
  readonly seller?: string | undefined
  /** Models that may answer in the place of the one that is asked. @default none */
  readonly otherModels?: readonly string[]
  /** Whether it asks the cache to keep what it writes for an hour, which costs more than five minutes. @default false */
  readonly keepsCacheForHour?: boolean
  /** Whether it may hold sound or ask for it. @default false */
  readonly hasSound?: boolean
  /** Whether it may hold pictures or ask for them. @default false */
  readonly hasPictures?: boolean
  /** How it asks to be served: `priority`, `flex`. @default as the provider does by itself */
  readonly serviceTier?: string | undefined
  /** How fast it asks to be generated: `fast`. @default as the provider does by itself */
  readonly speed?: string | undefined
  /** Where it asks to be generated: `us`. @default where the provider does by itself */
  readonly region?: string | undefined
  /** The most searches of the web that the provider makes for it. @default 0 */
  readonly webSearches?: number
  /** The most searches of stored files that the provider makes for it. @default 0 */
  readonly fileSearches?: number
  /** The memory of the containers that the provider may run code in for it, in gigabytes. @default 0 */
  readonly containerGigabytes?: number
}

export const BILLING_TERMS: ChecksOf<BillingTerms> = {
  seller: text,
  otherModels: listOf(text),
  keepsCacheForHour: flag,
  hasSound: flag,
  hasPictures: flag,
  serviceTier: text,
  speed: text,
  region: text,
  webSearches: whole(0),
  fileSearches: whole(0),
  containerGigabytes: whole(0),
}

export const NO_TERMS: BillingTerms = {}
