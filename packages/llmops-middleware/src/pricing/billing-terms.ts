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
  /** Whether a tool of before makes these searches, whose price is another. @default false */
  readonly previewsSearch?: boolean
  /** The most searches of stored files that the provider makes for it. @default 0 */
  readonly fileSearches?: number
  /** The memory of the containers that the provider may run code in for it, in gigabytes. @default 0 */
  readonly containerGigabytes?: number
  /** The most pictures that it asks for, where each has a price. @default 0 */
  readonly pictures?: number
  /** How large they are: `1024x1024`. @default as the model makes them by itself */
  readonly pictureSize?: string | undefined
  /** How good they are: `standard`, `hd`. @default as the model makes them by itself */
  readonly pictureQuality?: string | undefined
  /** The characters that it has spoken, where they have a price. @default 0 */
  readonly characters?: number
  /** The most seconds of sound that it has listened to, where they have a price. @default 0 */
  readonly audioSeconds?: number
  /** The pictures that the provider's own tools are held to make for it. @default 0 */
  readonly toolPictures?: number
  /** Tokens that are generated beside those of the cap, as predictions that were not accepted are. @default 0 */
  readonly predictedTokens?: number
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
  previewsSearch: flag,
  fileSearches: whole(0),
  containerGigabytes: whole(0),
  pictures: whole(0),
  pictureSize: text,
  pictureQuality: text,
  characters: whole(0),
  audioSeconds: whole(0),
  toolPictures: whole(0),
  predictedTokens: whole(0),
}

export const NO_TERMS: BillingTerms = {}
