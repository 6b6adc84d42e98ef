import type { BilledUsage } from '../attempt-log.ts'
import type { Conversation, Reply } from './conversation.ts'
import { countTokens, tokensOf } from './tokens.ts'

/** What was generated for a request, in tokens, within its cap. */
export type Generated = {
  readonly id: string
  readonly createdAtSeconds: number
  readonly model: string
  readonly textTokens: readonly string[]
  readonly toolCalls: readonly {
    readonly id: string
    readonly name: string
    readonly argumentTokens: readonly string[]
  }[]
  readonly finishReason: 'stop' | 'length' | 'tool_calls' | 'content_filter'
  readonly usage: BilledUsage
}

/** Models that think before they speak: their thoughts are billed as output and never delivered. */
const REASONING_MODEL = /^(o\d|gpt-5)/
const REASONING_TOKENS = 64

/** What a call of a tool costs beyond its arguments: its name and the syntax around it. */
const TOOL_CALL_TOKENS = 4

const TOKENS_PER_MESSAGE = 3
const CACHE_MINIMUM_TOKENS = 1024
const CACHE_STEP_TOKENS = 128

export function generate(
  conversation: Conversation,
  reply: Reply,
  { id, createdAtSeconds, cachedPrefixTokens }: { id: string; createdAtSeconds: number; cachedPrefixTokens: number },
): Generated {
  const { model, maxOutputTokens = Number.POSITIVE_INFINITY } = conversation
  const wanted = REASONING_MODEL.test(model) ? REASONING_TOKENS : 0
  const reasoningTokens = Math.min(wanted, maxOutputTokens)
  let left = maxOutputTokens - reasoningTokens
  const take = (tokens: string[]) => {
    const taken = tokens.slice(0, Math.max(0, left))
    left -= tokens.length
    return taken
  }
  const textTokens = take(tokensOf(reply.text))
  const toolCalls = reply.toolCalls.map(({ name, arguments: text }, index) => {
    left -= TOOL_CALL_TOKENS
    return { id: `call_${id}_${index}`, name, argumentTokens: take(tokensOf(text)) }
  })
  const isCut = left < 0
  const inputTokens = inputTokensOf(conversation)
  const spoken = Number.isFinite(left) ? maxOutputTokens - reasoningTokens - Math.max(0, left) : -1
  return {
    id,
    createdAtSeconds,
    model,
    textTokens,
    toolCalls,
    finishReason: isCut ? 'length' : toolCalls.length ? 'tool_calls' : 'stop',
    usage: {
      inputTokens,
      cachedInputTokens: Math.min(inputTokens, cachedTokens(cachedPrefixTokens)),
      outputTokens: reasoningTokens + (spoken >= 0 ? spoken : deliveredTokens({ textTokens, toolCalls })),
      reasoningTokens,
    },
  }
}

function deliveredTokens({ textTokens, toolCalls }: Pick<Generated, 'textTokens' | 'toolCalls'>): number {
  return toolCalls.reduce((sum, call) => sum + TOOL_CALL_TOKENS + call.argumentTokens.length, textTokens.length)
}

/** The prompt as the cache sees it: tools and system first, as providers order it. */
export function promptText({ system, tools, messages }: Conversation): string {
  return JSON.stringify([tools, system, messages])
}

/** Counted on the texts alone, so that it never exceeds the bytes of the request that carried them. */
function inputTokensOf({ system, tools, messages }: Conversation): number {
  const texts = [system, ...tools.map((tool) => tool.name + tool.description + JSON.stringify(tool.parameters))]
  for (const message of messages) texts.push(message.text)
  return texts.reduce((sum, text) => sum + countTokens(text), (messages.length + 1) * TOKENS_PER_MESSAGE)
}

/** A prompt is cached from 1,024 tokens in steps of 128 (platform.openai.com/docs/guides/prompt-caching). */
function cachedTokens(prefixTokens: number): number {
  return prefixTokens < CACHE_MINIMUM_TOKENS ? 0 : Math.floor(prefixTokens / CACHE_STEP_TOKENS) * CACHE_STEP_TOKENS
}
