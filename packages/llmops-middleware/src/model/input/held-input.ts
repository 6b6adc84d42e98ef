import { isPromise } from '../../pipeline.ts'
import type { RateCard } from '../../pricing/index.ts'
import type { Seen, SeenEntry, SeenTokens } from '../../seen.ts'
import type { Usage } from '../../usage.ts'
import type { AnswerFacts } from '../wire-format.ts'
import type { Attachments, Reference } from './attachments.ts'
import { mostPictureTokens } from './picture-tokens.ts'

export type HeldInputOptions = {
  /** Of the text, by its bytes or by a tokenizer. */
  readonly textTokens: number
  /** Undefined: it is all text. */
  readonly attachments: Attachments | undefined
  /** How many contexts it may fill: one, or one for each text to embed. */
  readonly inputs: number
  readonly rateCard: RateCard
  readonly seen: Seen
  /** What is known of each reference, in their order. */
  readonly known: readonly (SeenTokens | undefined)[]
}

/** How many tokens a request can be billed as input, model by model, and what its answer tells of the next ones. */
export class HeldInput {
  readonly #options: HeldInputOptions

  constructor(options: HeldInputOptions) {
    this.#options = options
  }

  /** Never below what the provider will count, and never above what the model can read. */
  tokensOn(model: string): number {
    const { textTokens, attachments, inputs, rateCard } = this.#options
    const most = rateCard.contextTokens(model) * inputs
    if (!attachments) return Math.min(textTokens, most)
    if (attachments.isOpen) return most
    const references = attachments.references.reduce((sum, _, index) => sum + (this.#knownOn(model, index) ?? most), 0)
    return Math.min(textTokens + attachments.tokensOn(rateCard.modelOf(model)) + references, most)
  }

  /** Whether it is held as the context of the model for what it refers to, of which nothing is known. */
  isHeldAsContextOn(model: string): boolean {
    const { attachments } = this.#options
    if (!attachments || attachments.isOpen) return false
    return attachments.references.some((_, index) => this.#knownOn(model, index) === undefined)
  }

  /** An answer's tokens bound whatever its request referred to; the answer itself may be referred to next. */
  learn(model: string, { inputTokens, outputTokens }: Usage, { kept = [], findsMore = false }: AnswerFacts): void {
    const { attachments, seen, rateCard } = this.#options
    const counted = this.#isText ? {} : { model: rateCard.modelOf(model) }
    const entries: SeenEntry[] = []
    // What a stored prompt lets its own tools find is in this answer's input, and more may be in the next one's.
    const isBound = attachments?.isOpen || !findsMore
    const tokens = inputTokens + outputTokens
    for (const [index, { id, grows }] of attachments?.references.entries() ?? []) {
      if (isBound && (grows || this.#isBelow(tokens, index))) entries.push([id, { tokens, ...counted }])
    }
    for (const [id, tokens] of kept) entries.push([id, { tokens, ...counted }])
    if (entries.length === 0) return
    const remembering = seen.remember(entries)
    if (isPromise(remembering)) remembering.catch(() => {})
  }

  #knownOn(model: string, index: number): number | undefined {
    const known = this.#options.known[index]
    if (known?.model === undefined) return known?.tokens
    const asked = this.#options.rateCard.modelOf(model)
    return mostPictureTokens(known.model) >= mostPictureTokens(asked) ? known.tokens : undefined
  }

  #isBelow(tokens: number, index: number): boolean {
    const known = this.#options.known[index]
    return known === undefined || tokens < known.tokens
  }

  /** Whether every model counts about the same for it. */
  get #isText(): boolean {
    const { attachments, known } = this.#options
    if (!attachments) return true
    const { isMedia, isOpen, references } = attachments
    return !isMedia && !isOpen && references.every((_, index) => known[index] && known[index].model === undefined)
  }
}

/** What is known of things; nothing where the memory cannot be asked. */
export async function readSeen(seen: Seen, references: readonly Reference[]) {
  try {
    return await seen.read(references.map(({ id }) => id))
  } catch {
    return []
  }
}
