import type { BillingTerms } from '../../pricing/index.ts'
import type { Attachments } from '../input/attachments.ts'
import { keepsCacheForHour } from './cache-time.ts'
import { mostContainers } from './containers.ts'
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
  const terms: BillingTerms = {
    ...(others.length > 0 ? { otherModels: others } : {}),
    ...(keepsCacheForHour(body, body['system'], body['messages'], body['tools']) ? { keepsCacheForHour: true } : {}),
    ...(isAnything || seconds > 0 || makes(body, 'audio') ? { hasSound: true } : {}),
    ...(isAnything || pictures.length > 0 || pages > 0 || makes(body, 'image') ? { hasPictures: true } : {}),
    ...(typeof serviceTier === 'string' ? { serviceTier } : {}),
    ...(typeof speed === 'string' ? { speed } : {}),
    ...(typeof region === 'string' ? { region } : {}),
    ...(webSearches > 0 ? { webSearches } : {}),
    ...(fileSearches > 0 ? { fileSearches } : {}),
    ...mostContainers(body['tools']),
  }
  return Object.keys(terms).length > 0 ? terms : undefined
}

function makes({ modalities }: Readonly<Record<string, unknown>>, kind: string): boolean {
  return Array.isArray(modalities) && modalities.includes(kind)
}
