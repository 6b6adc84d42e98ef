import { InvalidOptionError } from '../errors.ts'
import type { ModelCall, Translation } from '../model/index.ts'
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

/** The body of a call for another model, or the parameter that keeps it from there. */
export function translated({ format, request }: ModelCall, model: string, rateCard: RateCard): Translation {
  const name = rateCard.modelOf(model)
  return format.translate?.(request.body, name.slice(name.lastIndexOf('/') + 1)) ?? { body: request.body }
}

/** The call itself, where its body is the same for the other model. */
export function asTranslated(call: ModelCall, model: string, rateCard: RateCard): ModelCall {
  const translation = translated(call, model, rateCard)
  if ('refused' in translation || translation.body === call.request.body) return call
  const { body } = translation
  return { ...call, request: { ...call.request, body, text: JSON.stringify(body) } }
}

/** Models come from requests, so what was told of them is bounded. */
const MAX_TOLD = 1000

/** Tells the developer, once each, which calls cannot go to the cheaper model because of a parameter. */
export class KeptByParameter {
  readonly #told = new Set<string>()

  /** @returns why, for people */
  tell(asked: string, cheaper: string, parameter: string): string {
    const why = `'${cheaper}' was no choice: it does not take \`${parameter}\`, and nothing there means the same.`
    const name = `${asked} ${cheaper} ${parameter}`
    if (!this.#told.has(name) && this.#told.size < MAX_TOLD) {
      this.#told.add(name)
      const message = `Calls of '${asked}' with this parameter stay on it near the limit: ${why}`
      process.emitWarning(message, { type: 'DownshiftWarning' })
    }
    return why
  }
}

type Downshifts = Readonly<Record<string, string>>

/** Own keys alone: a model may be called `constructor`. */
export function cheaperModel(to: Downshifts, model: string): string | undefined {
  return Object.hasOwn(to, model) ? to[model] : undefined
}

/**
 * @param path where its user wrote the map: `budget.downshift.to`
 * @throws InvalidOptionError for a model without a price, which nobody could call cheaper, and for a chain without an end.
 */
export function checkDownshifts(to: Downshifts, rateCard: RateCard, path: string): void {
  for (const [model, cheaper] of Object.entries(to)) {
    const option = `${path}['${model}']`
    if (!rateCard.knows(cheaper)) {
      const hint = 'A deployment gets the price of its model by `rateCard.deployments`.'
      throw new InvalidOptionError(option, cheaper, 'a model that the rate card has a price for', hint)
    }
    if (leadsBack(to, model))
      throw new InvalidOptionError(option, cheaper, `a model that does not lead back to ${model}`)
  }
}

function leadsBack(to: Downshifts, model: string): boolean {
  const passed = new Set<string>()
  for (let next = cheaperModel(to, model); next !== undefined && !passed.has(next); next = cheaperModel(to, next)) {
    if (next === model) return true
    passed.add(next)
  }
  return false
}
