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
  readonly usage: GeneratedUsage
}

export type GeneratedUsage = {
  readonly inputTokens: number
  readonly cachedInputTokens: number
  readonly outputTokens: number
  readonly reasoningTokens: number
}

export type GeneratedToolCall = {
  readonly id: string
  readonly name: string
  /** What the call costs beyond its arguments. */
  readonly nameTokens: number
  readonly argumentTokens: readonly string[]
}

/** What is asked. */
export type Prompt = {
  readonly system: string
  readonly messages: readonly {
    readonly text: string
    readonly toolCalls?: readonly { readonly name: string; readonly arguments: string }[]
  }[]
  readonly tools: readonly { readonly name: string; readonly description: string; readonly parameters: unknown }[]
  /** The schema that the answer must fit, or `true` for any JSON object. */
  readonly answerSchema?: unknown
}

/** What a model says. */
export type Reply = {
  readonly text: string
  readonly toolCalls: readonly { readonly name: string; readonly arguments: string }[]
}

export type GenerationFacts = {
  readonly id: string
  readonly createdAtSeconds: number
  readonly model: string
  readonly maxOutputTokens?: number | undefined
  readonly choices: number
  readonly inputTokens: number
  readonly cachedInputTokens: number
  /** Thoughts come before what is said, are billed as output, and are never delivered. */
  readonly reasoningTokens: number
}

/** A call's name and the syntax around it. */
const TOOL_CALL_TOKENS = 4
const TOKENS_PER_MESSAGE = 3

export function generate(reply: Reply, facts: GenerationFacts): Generated {
  const { id, createdAtSeconds, model, maxOutputTokens = Number.POSITIVE_INFINITY, choices } = facts
  let taken = 0
  let isCut = false
  const takeUpTo = (wanted: number) => {
    const granted = Math.min(wanted, maxOutputTokens - taken)
    taken += granted
    if (granted < wanted) isCut = true
    return granted
  }
  const take = (tokens: readonly string[]) => tokens.slice(0, takeUpTo(tokens.length))
  const reasoningTokens = takeUpTo(facts.reasoningTokens)
  const textTokens = take(tokensOf(reply.text))
  const toolCalls: GeneratedToolCall[] = []
  for (const [index, { name, arguments: text }] of reply.toolCalls.entries()) {
    const nameTokens = takeUpTo(TOOL_CALL_TOKENS)
    // A call that was not even begun is not in the answer.
    if (nameTokens === 0) break
    toolCalls.push({ id: `call_${id}_${index}`, name, nameTokens, argumentTokens: take(tokensOf(text)) })
  }
  const { inputTokens, cachedInputTokens } = facts
  return {
    id,
    createdAtSeconds,
    model,
    textTokens,
    toolCalls,
    finishReason: isCut ? 'length' : toolCalls.length ? 'tool_calls' : 'stop',
    choices,
    usage: {
      inputTokens,
      cachedInputTokens,
      outputTokens: taken * choices,
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

/** Counted on the texts alone, so that it never exceeds the bytes of the request that carried them. */
export function inputTokensOf({ system, tools, messages, answerSchema }: Prompt): number {
  let tokens = (messages.length + 1) * TOKENS_PER_MESSAGE + countTokens(system)
  for (const { name, description, parameters } of tools) {
    tokens += countTokens(name + description + JSON.stringify(parameters))
  }
  for (const { text, toolCalls = [] } of messages) {
    tokens += countTokens(text)
    for (const { name, arguments: text } of toolCalls) tokens += countTokens(name + text)
  }
  return typeof answerSchema === 'object' ? tokens + countTokens(JSON.stringify(answerSchema)) : tokens
}
