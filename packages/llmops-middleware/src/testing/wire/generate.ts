import { countTokens, tokensOf } from './tokens.ts'

/** What was generated for a request, in tokens, within its cap. */
export type Generated = {
  /** The id of the answer. */
  readonly id: string
  /** When it was made, in epoch seconds. */
  readonly createdAtSeconds: number
  /** The model that answers. */
  readonly model: string
  /** The tokens of the text. */
  readonly textTokens: readonly string[]
  /** The calls of tools. */
  readonly toolCalls: readonly GeneratedToolCall[]
  /** Why the answer ended. */
  readonly finishReason: 'stop' | 'length' | 'tool_calls' | 'content_filter'
  /** The text of the request at which the answer ended. */
  readonly stopSequence?: string | undefined
  /** How often the same answer is given (`n`); the usage counts all of them. */
  readonly choices: number
  /** The tokens that are billed. */
  readonly usage: GeneratedUsage
}

/** The tokens that are billed. */
export type GeneratedUsage = {
  /** Input tokens. */
  readonly inputTokens: number
  /** Of those, the ones read from the cache. */
  readonly cachedInputTokens: number
  /** Output tokens, reasoning included. */
  readonly outputTokens: number
  /** Of those, reasoning. */
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
  /** The system prompt. */
  readonly system: string
  /** The messages. */
  readonly messages: readonly {
    readonly text: string
    readonly toolCalls?: readonly { readonly name: string; readonly arguments: string }[]
  }[]
  /** The tools that are offered. */
  readonly tools: readonly { readonly name: string; readonly description: string; readonly parameters: unknown }[]
  /** The schema that the answer must fit, or `true` for any JSON object. */
  readonly answerSchema?: unknown
}

/** What a model says. */
export type Reply = {
  /** What it says. */
  readonly text: string
  /** The tools that it calls. */
  readonly toolCalls: readonly { readonly name: string; readonly arguments: string }[]
}

/** The parts of an answer other than its text. Thoughts come before the text, and are billed but never delivered. */
export type GenerationFacts = Pick<Generated, 'id' | 'createdAtSeconds' | 'model' | 'choices'> &
  Omit<GeneratedUsage, 'outputTokens'> & {
    /** The output cap of the request. */
    readonly maxOutputTokens?: number | undefined
    /** The texts at which an answer ends, before them. @default none */
    readonly stop?: readonly string[]
  }

/** A call's name and the syntax around it. */
const TOOL_CALL_TOKENS = 4
const TOKENS_PER_MESSAGE = 3

/** Cuts a reply to its output cap and counts its tokens. */
export function generate(reply: Reply, facts: GenerationFacts): Generated {
  const {
    maxOutputTokens = Number.POSITIVE_INFINITY,
    stop = [],
    inputTokens,
    cachedInputTokens,
    reasoningTokens,
    ...head
  } = facts
  let taken = 0
  let isCut = false
  const takeUpTo = (wanted: number) => {
    const granted = Math.min(wanted, maxOutputTokens - taken)
    taken += granted
    if (granted < wanted) isCut = true
    return granted
  }
  const take = (tokens: readonly string[]) => tokens.slice(0, takeUpTo(tokens.length))
  const thoughts = takeUpTo(reasoningTokens)
  const { text, toolCalls: called, stopSequence } = stoppedAt(reply, stop)
  const textTokens = take(tokensOf(text))
  const toolCalls: GeneratedToolCall[] = []
  for (const [index, { name, arguments: written }] of called.entries()) {
    const nameTokens = takeUpTo(TOOL_CALL_TOKENS)
    // A call that was not even begun is not in the answer.
    if (nameTokens === 0) break
    toolCalls.push({ id: `call_${head.id}_${index}`, name, nameTokens, argumentTokens: take(tokensOf(written)) })
  }
  const { choices } = head
  return {
    ...head,
    textTokens,
    toolCalls,
    finishReason: isCut ? 'length' : toolCalls.length ? 'tool_calls' : 'stop',
    stopSequence: isCut ? undefined : stopSequence,
    usage: { inputTokens, cachedInputTokens, outputTokens: taken * choices, reasoningTokens: thoughts * choices },
  }
}

/** What is said before the first of the texts that end an answer; nothing comes after it. */
function stoppedAt(reply: Reply, stop: readonly string[]): Reply & { readonly stopSequence?: string } {
  const found = stop
    .map((stopSequence) => ({ stopSequence, at: reply.text.indexOf(stopSequence) }))
    .filter(({ at }) => at >= 0)
    .sort((one, other) => one.at - other.at)[0]
  return found ? { text: reply.text.slice(0, found.at), toolCalls: [], stopSequence: found.stopSequence } : reply
}

/**
 * The same answer, ended by the provider's content filter after so many tokens of text; the rest was never generated.
 *
 * @param tokens how many tokens of the answer are kept
 */
export function cutByFilter(generated: Generated, tokens: number): Generated {
  const { usage, choices } = generated
  const textTokens = generated.textTokens.slice(0, tokens)
  const outputTokens = usage.reasoningTokens + textTokens.length * choices
  return { ...generated, textTokens, toolCalls: [], finishReason: 'content_filter', usage: { ...usage, outputTokens } }
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
