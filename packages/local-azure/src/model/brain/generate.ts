import { wire } from 'llmops-middleware/testing'
import type { Conversation, Reply } from './conversation.ts'
import { cachedTokens } from './prompt-cache.ts'

/** Models with reasoning tokens. */
const REASONING_MODEL = /^(o\d|gpt-5)/
const REASONING_TOKENS = 64

export type GenerationFacts = {
  readonly id: string
  readonly createdAtSeconds: number
  /** Tokens of the longest prefix of this prompt that was seen before. */
  readonly cachedPrefixTokens: number
  /** Set if the wire format counts the input itself. */
  readonly inputTokens?: number | undefined
  /** The provider's content filter ends the answer after so many tokens of text. */
  readonly filteredAfter?: number | undefined
}

export function generate(
  conversation: Conversation,
  reply: Reply,
  facts: GenerationFacts,
): ReturnType<typeof wire.generate> {
  const { id, createdAtSeconds, cachedPrefixTokens, inputTokens = inputTokensOf(conversation), filteredAfter } = facts
  const { model, maxOutputTokens, choices } = conversation
  return wire.generate({
    ...reply,
    id,
    createdAtSeconds,
    model,
    maxOutputTokens,
    choices,
    filteredAfter,
    inputTokens,
    cachedInputTokens: cachedTokens(Math.min(inputTokens, cachedPrefixTokens)),
    reasoningTokens: REASONING_MODEL.test(model) ? REASONING_TOKENS : 0,
  })
}

/** The schema of an answer is read like the messages. */
function inputTokensOf(conversation: Conversation): number {
  const { answerSchema } = conversation
  const schemaTokens = typeof answerSchema === 'object' ? wire.countTokens(JSON.stringify(answerSchema)) : 0
  return wire.inputTokensOf(conversation) + schemaTokens
}
