import { having } from '../check.ts'
import type { Usage } from '../usage.ts'
import type { Nanos, Usd } from '../usd.ts'
import type { BillingTerms } from './billing-terms.ts'

/** The kind of a model, and its maker: `openai`, `anthropic`, `google`. Undefined if the list does not say. */
export type ModelKind = {
  /** What the model is for: `chat`, `embeddings`. */
  readonly operation: 'chat' | 'embeddings' | 'media' | undefined
  /** Who makes the model. */
  readonly maker: string | undefined
}

/** What models cost. Everything that turns tokens into money goes through one of these. */
export interface RateCard {
  /**
   * The price of what was used; `terms` say what the usage does not.
   *
   * @param model the name of the model, or of its deployment
   */
  cost(model: string, usage: Usage, terms?: BillingTerms): Usd
  /**
   * The cost of a call in nano-USD.
   *
   * @param model the name of the model, or of its deployment
   */
  costNanos(model: string, usage: Usage, terms?: BillingTerms): Nanos
  /**
   * The most that a call can cost: nothing read from a cache, every token of the cap generated.
   *
   * @param model the name of the model, or of its deployment
   * @param call the most that the call can use
   */
  worstCaseNanos(
    model: string,
    call: { inputTokens: number; maxOutputTokens: number; terms?: BillingTerms | undefined },
  ): Nanos
  /**
   * How many output tokens `amount` buys after the input is paid; below 0 when it does not even pay the input.
   *
   * @param model the name of the model, or of its deployment
   * @param inputTokens the input tokens of the call
   */
  affordableOutputTokens(model: string, inputTokens: number, amount: Nanos, terms?: BillingTerms): number
  /** The model whose price a call has that asked for one and was answered by another. Default: the one that was asked. */
  billedAs?(asked: string, answered: string, terms?: BillingTerms): string
  /**
   * The most output tokens that one answer of this model can have, when that is documented.
   *
   * @param model the name of the model, or of its deployment
   */
  maxOutputTokens(model: string): number | undefined
  /**
   * The most tokens of input that this model can read, and be billed for; a million if it is not stated.
   *
   * @param model the name of the model, or of its deployment
   */
  contextTokens(model: string): number
  /**
   * The model that a deployment serves; a name that is no deployment's is the model's own.
   *
   * @param name the name of a model or a deployment
   */
  modelOf(name: string): string
  /**
   * Whether a price is known. `unknownModel` decides what happens otherwise.
   *
   * @param model the name of the model, or of its deployment
   */
  knows(model: string): boolean
  /** Returns whether one model can replace another. Default: any model can. */
  kindOf?(model: string): ModelKind | undefined
}

export const RATE_CARD = having<RateCard>(
  'a rate card',
  'cost',
  'costNanos',
  'worstCaseNanos',
  'affordableOutputTokens',
  'maxOutputTokens',
  'contextTokens',
  'modelOf',
  'knows',
)
