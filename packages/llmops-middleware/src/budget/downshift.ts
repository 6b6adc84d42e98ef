import { InvalidOptionError } from '../errors.ts'
import type { ModelCall, Translation } from '../model/index.ts'
import { targetUrl } from '../model/index.ts'
import type { RateCard } from '../pricing/index.ts'

/**
 * Whether the endpoint of a call can answer it with another model, in the same format and operation. A chat model cannot
 * create embeddings, and one maker's API does not serve another maker's models.
 */
export function canServe(call: ModelCall, model: string, rateCard: RateCard): boolean {
  const { format, request, targetFor } = call
  const other = rateCard.kindOf?.(model)
  if ((other?.operation ?? 'chat') !== format.operation) return false
  const target = targetFor?.(model)
  const endpointMaker = format.maker?.(target ? targetUrl(request.url, target) : request.url)
  if (endpointMaker === undefined) return true
  const asked = rateCard.kindOf?.(call.model)
  // A name that is in no list is a deployment of the application's own, nearly always of an OpenAI model.
  const otherMaker = other?.maker ?? (asked?.maker === undefined ? endpointMaker : 'openai')
  return otherMaker === endpointMaker || otherMaker === asked?.maker
}

/** Returns the body of a call for another model, or the parameter that the other model does not accept. */
export function translated({ format, request }: ModelCall, model: string, rateCard: RateCard): Translation {
  const name = rateCard.modelOf(model)
  return format.translate?.(request.body, name.slice(name.lastIndexOf('/') + 1)) ?? { body: request.body }
}

/** Returns the call with its body translated for another model; the same call where the body does not change. */
export function asTranslated(call: ModelCall, model: string, rateCard: RateCard): ModelCall {
  const translation = translated(call, model, rateCard)
  if ('refused' in translation || translation.body === call.request.body) return call
  const { body } = translation
  return { ...call, request: { ...call.request, body, text: JSON.stringify(body) } }
}

/** The names of models come from requests, so the memory of warnings is bounded. */
const MAX_WARNINGS = 1000

/** Warns the developer, once each, of calls that cannot be downshifted because of a parameter. */
export class DownshiftWarnings {
  readonly #warned = new Set<string>()

  /** Returns the reason as a sentence. */
  warn(asked: string, cheaper: string, parameter: string): string {
    const why = `'${cheaper}' cannot serve the call: it does not accept \`${parameter}\` and has no equivalent.`
    const key = `${asked} ${cheaper} ${parameter}`
    if (!this.#warned.has(key) && this.#warned.size < MAX_WARNINGS) {
      this.#warned.add(key)
      const message = `Calls to '${asked}' with this parameter are not downshifted near the limit: ${why}`
      process.emitWarning(message, { type: 'DownshiftWarning' })
    }
    return why
  }
}

type Downshifts = Readonly<Record<string, string>>

/** Only own keys count: a model may be called `constructor`. */
export function cheaperModel(to: Downshifts, model: string): string | undefined {
  return Object.hasOwn(to, model) ? to[model] : undefined
}

/**
 * @param path the path of the map in error messages: `budget.downshift.to`
 * @throws InvalidOptionError for a cheaper model without a price, and for a chain that leads back to its first model.
 */
export function checkDownshifts(to: Downshifts, rateCard: RateCard, path: string): void {
  for (const [model, cheaper] of Object.entries(to)) {
    const option = `${path}['${model}']`
    if (!rateCard.knows(cheaper)) {
      const hint = 'If it is a deployment, name its model in `rateCard.deployments`.'
      throw new InvalidOptionError(option, cheaper, 'a model that the rate card has a price for', hint)
    }
    if (leadsBack(to, model))
      throw new InvalidOptionError(option, cheaper, `a model that does not lead back to ${model}`)
  }
}

function leadsBack(to: Downshifts, model: string): boolean {
  const visited = new Set<string>()
  for (let next = cheaperModel(to, model); next !== undefined && !visited.has(next); next = cheaperModel(to, next)) {
    if (next === model) return true
    visited.add(next)
  }
  return false
}
