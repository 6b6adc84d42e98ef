import type { ModelCall } from '../model/index.ts'
import { targetUrl } from '../model/index.ts'
import type { RateCard } from '../pricing/index.ts'

/**
 * Whether the endpoint that a call goes to can answer it with another model, in the same format and operation: a chat
 * model embeds nothing, and one maker's API does not serve another's models.
 */
export function canServe(call: ModelCall, model: string, rateCard: RateCard): boolean {
  const { format, request, targetFor } = call
  const other = rateCard.kindOf?.(model)
  if ((other?.operation ?? 'chat') !== format.operation) return false
  const target = targetFor?.(model)
  const endpointMaker = format.maker?.(target ? targetUrl(request.url, target) : request.url)
  if (endpointMaker === undefined) return true
  const asked = rateCard.kindOf?.(call.model)
  // A name that no list knows is a deployment of the application's own, nearly always of an OpenAI model.
  const otherMaker = other?.maker ?? (asked?.maker === undefined ? endpointMaker : 'openai')
  return otherMaker === endpointMaker || otherMaker === asked?.maker
}
