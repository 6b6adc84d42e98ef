import type { BillingTerms } from '../../pricing/index.ts'
import type { Attachments } from '../input/attachments.ts'
import { keepsCacheForHour } from './cache-time.ts'
import { otherModels } from './other-models.ts'
import { mostSearches } from './searches.ts'

/** What the price of a request depends on beside its tokens. */
export function requestTerms(body: Readonly<Record<string, unknown>>, attachments: Attachments): BillingTerms {
  const { pictures, tokens, references, isOpen } = attachments
  const isAnything = isOpen || references.length > 0
  return {
    otherModels: otherModels(body),
    keepsCacheForHour: keepsCacheForHour(body, body['system'], body['messages'], body['tools']),
    hasSound: isAnything || tokens > 0 || makes(body, 'audio'),
    hasPictures: isAnything || pictures > 0 || makes(body, 'image'),
    ...mostSearches(body),
  }
}

function makes({ modalities }: Readonly<Record<string, unknown>>, kind: string): boolean {
  return Array.isArray(modalities) && modalities.includes(kind)
}
