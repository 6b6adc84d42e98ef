import type { BilledUsage } from '../billing/attempt-log.ts'
import type { Conversation, Reply } from './conversation.ts'
import { TokenAllowance } from './token-allowance.ts'
import { countTokens, tokensOf } from './tokens.ts'

/** What was generated for a request, in tokens, within its cap. */
export type Generated = {
  readonly id: string
  readonly createdAtSeconds: number
  readonly model: string
  readonly textTokens: readonly string[]
  readonly toolCalls: readonly GeneratedToolCall[]
  readonly finishReason: 'stop' | 'length' | 'tool_calls' | 'content_filter'
  /** How often the same answer is given (`n`); the usage counts all of them. */
  readonly choices: number
  readonly usage: BilledUsage
}

export type GeneratedToolCall = {
  readonly id: string
  readonly name: string
  /** What the call costs beyond its arguments. */
  readonly nameTokens: number
  readonly argumentTokens: readonly string[]
}

/** Models that think before they speak: their thoughts are billed as output and never delivered. */
const REASONING_MODEL = /^(o\d|gpt-5)/
const REASONING_TOKENS = 64

/** A call's name and the syntax around it. */
const TOOL_CALL_TOKENS = 4

const TOKENS_PER_MESSAGE = 3
const CACHE_MINIMUM_TOKENS = 1024
const CACHE_STEP_TOKENS = 128

export type GenerationFacts = {
  readonly id: string
  readonly createdAtSeconds: number
  /** The longest prefix of this prompt that was seen before. */
  readonly cachedPrefixTokens: number
  /** Where the wire format counts the input itself. */
  readonly inputTokens?: number | undefined
}

export function generate(conversation: Conversation, reply: Reply, facts: GenerationFacts): Generated {
  const { model, maxOutputTokens = Number.POSITIVE_INFINITY, choices } = conversation
  const allowance = new TokenAllowance(maxOutputTokens)
  const reasoningTokens = allowance.takeUpTo(REASONING_MODEL.test(model) ? REASONING_TOKENS : 0)
  const textTokens = allowance.take(tokensOf(reply.text))
  const toolCalls: GeneratedToolCall[] = []
  for (const [index, { name, arguments: text }] of reply.toolCalls.entries()) {
    const nameTokens = allowance.takeUpTo(TOOL_CALL_TOKENS)
    // A call that was not even begun is not in the answer.
    if (nameTokens === 0) break
    toolCalls.push({
      id: `call_${facts.id}_${index}`,
      name,
      nameTokens,
      argumentTokens: allowance.take(tokensOf(text)),
    })
  }
  const inputTokens = facts.inputTokens ?? inputTokensOf(conversation)
  return {
    id: facts.id,
    createdAtSeconds: facts.createdAtSeconds,
    model,
    textTokens,
    toolCalls,
    finishReason: allowance.isExceeded ? 'length' : toolCalls.length ? 'tool_calls' : 'stop',
    choices,
    usage: {
      inputTokens,
      cachedInputTokens: cachedTokens(Math.min(inputTokens, facts.cachedPrefixTokens)),
      outputTokens: allowance.taken * choices,
      reasoningTokens: reasoningTokens * choices,
    },
  }
}

/** The same answer, ended by the provider's content filter after so many tokens of text; the rest was never generated. */
export function cutByFilter(generated: Generated, tokens: number): Generated {
  const { usage, choices } = generated
  const textTokens = generated.textTokens.slice(0, tokens)
  const outputTokens = usage.reasoningTokens + textTokens.length * choices
  return {
    ...generated,
    textTokens,
    toolCalls: [],
    finishReason: 'content_filter',
    usage: { ...usage, outputTokens },
  }
}

/** The prompt as the cache sees it: tools and system first, as providers order it. */
export function promptText({ system, tools, messages }: Conversation): string {
  return JSON.stringify([tools, system, messages])
}

/** Counted on the texts alone, so that it never exceeds the bytes of the request that carried them. */
function inputTokensOf({ system, tools, messages, answerSchema }: Conversation): number {
  let tokens = (messages.length + 1) * TOKENS_PER_MESSAGE + countTokens(system)
  for (const { name, description, parameters } of tools) {
    tokens += countTokens(name + description + JSON.stringify(parameters))
  }
  for (const message of messages) {
    tokens += countTokens(message.text)
    if (message.role !== 'assistant') continue
    for (const { name, arguments: text } of message.toolCalls) tokens += countTokens(name + text)
  }
  return typeof answerSchema === 'object' ? tokens + countTokens(JSON.stringify(answerSchema)) : tokens
}

/** A prompt is cached from 1,024 tokens in steps of 128 (platform.openai.com/docs/guides/prompt-caching). */
function cachedTokens(prefixTokens: number): number {
  return prefixTokens < CACHE_MINIMUM_TOKENS ? 0 : Math.floor(prefixTokens / CACHE_STEP_TOKENS) * CACHE_STEP_TOKENS
}
