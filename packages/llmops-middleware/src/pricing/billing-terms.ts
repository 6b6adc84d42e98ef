import { type ChecksOf, flag, listOf, text, whole } from '../check.ts'

/** What the price of a call depends on besides tokens, as far as the request contains it. */
export type BillingTerms = {
  /** Who sells it, as `@pydantic/genai-prices` names them: `openai`, `azure`, `google`. @default who makes the model */
  readonly seller?: string | undefined
  /** Models that may answer instead of the requested one. @default none */
  readonly otherModels?: readonly string[]
  /** Whether the cache keeps entries for an hour, which costs more than five minutes. @default false */
  readonly keepsCacheForHour?: boolean
  /** Whether input or output may contain audio. @default false */
  readonly hasSound?: boolean
  /** Whether input or output may contain images. @default false */
  readonly hasPictures?: boolean
  /** The requested service tier: `priority`, `flex`. @default the provider's default */
  readonly serviceTier?: string | undefined
  /** The requested speed: `fast`. @default the provider's default */
  readonly speed?: string | undefined
  /** The requested region: `us`. @default the provider's default */
  readonly region?: string | undefined
  /** The most web searches by the provider. @default 0 */
  readonly webSearches?: number
  /** Whether another tool makes these searches, at its own price: `web_search_preview`, Google Maps. @default false */
  readonly previewsSearch?: boolean
  /** The most searches of stored files by the provider. @default 0 */
  readonly fileSearches?: number
  /** The memory of code containers that the provider may create, in gigabytes. @default 0 */
  readonly containerGigabytes?: number
  /** The most generated images that are billed by the image. @default 0 */
  readonly pictures?: number
  /** The size of these images: `1024x1024`. @default the model's default */
  readonly pictureSize?: string | undefined
  /** The quality of these images: `standard`, `hd`. @default the model's default */
  readonly pictureQuality?: string | undefined
  /** The characters of speech that are billed by the character. @default 0 */
  readonly characters?: number
  /** The most seconds of audio that are billed by the second. @default 0 */
  readonly audioSeconds?: number
  /** The images of the provider's own tools that are held for. @default 0 */
  readonly toolPictures?: number
  /** Whether Azure's router chose the model, for a fee on the input. @default false */
  readonly isRouted?: boolean
  /** Tokens that are billed besides the output cap, such as rejected predictions. @default 0 */
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
  isRouted: flag,
  predictedTokens: whole(0),
}

export const NO_TERMS: BillingTerms = {}
