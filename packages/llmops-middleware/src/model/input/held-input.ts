import { isPromise } from '../../pipeline.ts'
import type { RateCard } from '../../pricing/index.ts'
import type { Seen, SeenEntry, SeenTokens } from '../../seen.ts'
import type { Usage } from '../../usage.ts'
import type { AnswerFacts } from '../wire-format.ts'
import type { Attachments, Reference } from './attachments.ts'
import { mostPictureTokens } from './picture-tokens.ts'

export type HeldInputOptions = {
  /** The tokens of the text, by its bytes or by a tokenizer. */
  readonly textTokens: number
  /** Undefined if the request is only text. */
  readonly attachments: Attachments | undefined
  /** How many contexts it may fill: one, or one per text to embed. */
  readonly inputs: number
  readonly rateCard: RateCard
  readonly seen: Seen
  /** The known sizes of the references, in their order. */
  readonly known: readonly (SeenTokens | undefined)[]
}

/** The most input tokens that a request can be billed, by model. Learns sizes for later requests from its answer. */
export class HeldInput {
  readonly #options: HeldInputOptions

  constructor(options: HeldInputOptions) {
    this.#options = options
  }

  /** Returns at least the tokens that the provider will count, and at most the context of the model. */
  tokensOn(model: string): number {
    const { textTokens, attachments, inputs, rateCard } = this.#options
    const most = rateCard.contextTokens(model) * inputs
    if (!attachments) return Math.min(textTokens, most)
    if (attachments.isOpen) return most
    const references = attachments.references.reduce((sum, _, index) => sum + (this.#knownOn(model, index) ?? most), 0)
    return Math.min(textTokens + attachments.tokensOn(rateCard.modelOf(model)) + references, most)
  }

  /** Whether the whole context of the model is held because the size of a reference is not known. */
  isHeldAsContextOn(model: string): boolean {
    const { attachments } = this.#options
    if (!attachments || attachments.isOpen) return false
    return attachments.references.some((_, index) => this.#knownOn(model, index) === undefined)
  }

  /** Learns sizes: the tokens of an answer bound every reference of its request, and later requests may refer to it. */
  learn(model: string, { inputTokens, outputTokens }: Usage, facts: AnswerFacts): void {
    const { kept = [], id: answerId, findsMore = false } = facts
    const { attachments, seen, rateCard } = this.#options
    const counted = this.#isText ? {} : { model: rateCard.modelOf(model) }
    const entries: SeenEntry[] = []
    const tokens = inputTokens + outputTokens
    // The tools of a stored prompt, or of a kept conversation, may find more next time than is in the input of this answer.
    const isBound = attachments?.isKept ? !this.#mayFindMore : attachments?.isOpen || !findsMore
    if (attachments?.isKept && isBound && answerId !== undefined) entries.push([answerId, { tokens, ...counted }])
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

  /** Whether tools of the provider run in a kept conversation. Its first request names them, and only its size tells of it. */
  get #mayFindMore(): boolean {
    const { attachments, known } = this.#options
    return attachments!.isOpen || attachments!.references.some((_, index) => known[index] === undefined)
  }

  /** Whether all models count about the same number of tokens for it. */
  get #isText(): boolean {
    const { attachments, known } = this.#options
    if (!attachments) return true
    const { isMedia, isOpen, references } = attachments
    return !isMedia && !isOpen && references.every((_, index) => known[index] && known[index].model === undefined)
  }
}

/** Returns the known sizes of references; nothing if the store fails. */
export async function readSeen(seen: Seen, references: readonly Reference[]) {
  try {
    return await seen.read(references.map(({ id }) => id))
  } catch {
    return []
  }
}
