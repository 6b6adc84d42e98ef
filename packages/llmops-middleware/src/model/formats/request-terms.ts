import type { BillingTerms } from '../../pricing/index.ts'
import type { Attachments } from '../input/attachments.ts'
import { keepsCacheForHour } from './cache-time.ts'
import { answersOf } from './caps.ts'
import { mostContainers } from './containers.ts'
import { pictureTools } from './made-pictures.ts'
import { otherModels } from './other-models.ts'
import { mostSearches } from './searches.ts'

/** What the price of a request depends on beside its tokens; undefined for most. */
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
  const terms: BillingTerms = {
    ...(others.length > 0 ? { otherModels: others } : {}),
    ...(keepsCacheForHour(body, body['system'], body['messages'], body['tools']) ? { keepsCacheForHour: true } : {}),
    ...(isAnything || seconds > 0 || makes(body, 'audio') ? { hasSound: true } : {}),
    ...(isAnything || pictures.length > 0 || pages > 0 || makes(body, 'image') ? { hasPictures: true } : {}),
    ...(typeof serviceTier === 'string' ? { serviceTier } : {}),
    ...(typeof speed === 'string' ? { speed } : {}),
    ...(typeof region === 'string' ? { region } : {}),
    ...(webSearches > 0 ? { webSearches } : {}),
    ...(previewsSearch(body['tools']) ? { previewsSearch: true } : {}),
    ...(fileSearches > 0 ? { fileSearches } : {}),
    ...mostContainers(body['tools']),
    ...(made > 0 ? { toolPictures: made } : {}),
    ...(predictedTokens > 0 ? { predictedTokens } : {}),
  }
  return Object.keys(terms).length > 0 ? terms : undefined
}

function makes({ modalities }: Readonly<Record<string, unknown>>, kind: string): boolean {
  return Array.isArray(modalities) && modalities.includes(kind)
}

function previewsSearch(tools: unknown): boolean {
  return Array.isArray(tools) && tools.some((tool) => String(tool?.type).startsWith('web_search_preview'))
}

/**
 * The most tokens of a prediction, in each answer: what of it is not accepted is billed as output, beside what the cap
 * bounds (platform.openai.com/docs/guides/predicted-outputs).
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
