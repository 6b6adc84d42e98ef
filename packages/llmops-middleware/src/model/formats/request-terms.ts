import type { BillingTerms } from '../../pricing/index.ts'
import type { Attachments } from '../input/attachments.ts'
import type { Writable } from '../writable.ts'
import { keepsCacheForHour } from './cache-time.ts'
import { answersOf } from './caps.ts'
import { mostContainers } from './containers.ts'
import { pictureTools } from './generated-images.ts'
import { otherModels } from './other-models.ts'
import { mostSearches } from './searches.ts'

/** Returns what the price of a request depends on besides tokens; undefined for most requests. */
export function requestTerms(
  body: Readonly<Record<string, unknown>>,
  attachments: Attachments,
): BillingTerms | undefined {
  const { pictures, seconds, pages, references, isOpen } = attachments
  const isAnything = isOpen || references.length > 0
  const { service_tier: serviceTier, speed, inference_geo: region } = body
  const { webSearches, fileSearches } = mostSearches(body)
  const others = otherModels(body)
  const made = pictureTools(body['tools'])
  const predictedTokens = predictedIn(body)
  const terms: Writable<BillingTerms> = {}
  if (others.length > 0) terms.otherModels = others
  if (keepsCacheForHour(body, body['system'], body['messages'], body['tools'])) terms.keepsCacheForHour = true
  if (isAnything || seconds > 0 || makes(body, 'audio')) terms.hasSound = true
  if (isAnything || pictures.length > 0 || pages > 0 || makes(body, 'image')) terms.hasPictures = true
  if (typeof serviceTier === 'string') terms.serviceTier = serviceTier
  if (typeof speed === 'string') terms.speed = speed
  if (typeof region === 'string') terms.region = region
  if (webSearches > 0) terms.webSearches = webSearches
  if (previewsSearch(body['tools'])) terms.previewsSearch = true
  if (fileSearches > 0) terms.fileSearches = fileSearches
  const { containerGigabytes } = mostContainers(body['tools'])
  if (containerGigabytes !== undefined) terms.containerGigabytes = containerGigabytes
  if (made > 0) terms.toolPictures = made
  if (predictedTokens > 0) terms.predictedTokens = predictedTokens
  for (const _ in terms) return terms
  return undefined
}

function makes({ modalities }: Readonly<Record<string, unknown>>, kind: string): boolean {
  return Array.isArray(modalities) && modalities.includes(kind)
}

function previewsSearch(tools: unknown): boolean {
  return Array.isArray(tools) && tools.some((tool) => String(tool?.type).startsWith('web_search_preview'))
}

/**
 * Returns the most tokens of a prediction, for all answers. The part that is not accepted is billed as output in addition
 * to the cap (platform.openai.com/docs/guides/predicted-outputs).
 */
function predictedIn(body: Readonly<Record<string, unknown>>): number {
  const { prediction } = body as { readonly prediction?: { readonly content?: unknown } | null }
  return textBytes(prediction?.content) * answersOf(body)
}

function textBytes(content: unknown): number {
  if (typeof content === 'string') return Buffer.byteLength(content)
  if (!Array.isArray(content)) return 0
  return content.reduce((sum: number, part) => sum + (typeof part?.text === 'string' ? textBytes(part.text) : 0), 0)
}
