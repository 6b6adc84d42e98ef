import type { TestCall } from '../model/test-call.ts'

/** What was generated for a request, within its cap. */
export type Generated = Head & {
  readonly text: string
  readonly toolCalls: readonly ToolCall[]
  readonly finishReason: 'stop' | 'length' | 'tool_calls' | 'content_filter'
  /** The text of the request at which the answer ended. */
  readonly stopSequence: string | undefined
  readonly usage: GeneratedUsage
}

type Head = {
  readonly id: string
  readonly createdAtSeconds: number
  readonly model: string
  /** How often the same answer is given (`n`); the usage counts all of them. */
  readonly choices: number
}

export type ToolCall = { readonly id: string; readonly name: string; readonly arguments: string }

/** The tokens that are billed: input with the cached ones, output with the reasoning. */
export type GeneratedUsage = Readonly<
  Record<'inputTokens' | 'cachedInputTokens' | 'outputTokens' | 'reasoningTokens', number>
>

/** What an answer is made of. Thoughts come before the text, and are billed but never delivered. */
type Facts = Head &
  Omit<GeneratedUsage, 'outputTokens'> & {
    readonly text: string
    readonly toolCalls: readonly Omit<ToolCall, 'id'>[]
    readonly maxOutputTokens: number | undefined
    /** The texts at which an answer ends, before them. */
    readonly stop?: readonly string[]
    /** The provider's content filter ends the answer after so many tokens of text. */
    readonly filteredAfter: number | undefined
  }

/** A call's name and the syntax around it. */
export const TOOL_CALL_TOKENS = 4

/** Ends an answer at its stop sequences, cuts it to its output cap and counts its tokens. */
export function generate(facts: Facts): Generated {
  const { text, toolCalls, maxOutputTokens = Number.MAX_SAFE_INTEGER, stop = [], filteredAfter, ...rest } = facts
  const { inputTokens, cachedInputTokens, reasoningTokens, ...head } = rest
  let left = maxOutputTokens
  let isCut = false
  const take = (wanted: number) => {
    const granted = Math.min(wanted, left)
    left -= granted
    isCut ||= granted < wanted
    return granted
  }
  const cut = (tokens: readonly string[]) => tokens.slice(0, take(tokens.length)).join('')
  const thoughts = take(reasoningTokens)
  const [stopSequence] = stop.filter((each) => text.includes(each)).sort((a, b) => text.indexOf(a) - text.indexOf(b))
  const said = stopSequence === undefined ? text : text.slice(0, text.indexOf(stopSequence))
  const kept = cut(tokensOf(said).slice(0, filteredAfter))
  const isEnded = (stopSequence ?? filteredAfter) !== undefined
  const called: ToolCall[] = []
  for (const { name, arguments: written } of isEnded ? [] : toolCalls) {
    // A call that was not even begun is not in the answer.
    if (take(TOOL_CALL_TOKENS) < TOOL_CALL_TOKENS) break
    called.push({ id: `call_${head.id}_${called.length}`, name, arguments: cut(tokensOf(written)) })
  }
  const ended = isCut ? 'length' : called.length > 0 ? 'tool_calls' : 'stop'
  const outputTokens = (maxOutputTokens - left) * head.choices
  return {
    ...head,
    text: kept,
    toolCalls: called,
    finishReason: filteredAfter === undefined ? ended : 'content_filter',
    stopSequence: isCut ? undefined : stopSequence,
    usage: { inputTokens, cachedInputTokens, outputTokens, reasoningTokens: thoughts * head.choices },
  }
}

/** Four characters each. So a text has no more tokens than bytes, and a stream delivers exactly what is billed. */
export function tokensOf(text: string): readonly string[] {
  return text.match(/.{1,4}/gsu) ?? []
}

/** Counted on the texts alone, so that it never exceeds the bytes of the request that carried them. */
export function countTokens(...texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + Math.ceil(text.length / 4), 0)
}

const TOKENS_PER_MESSAGE = 3

/** What a prompt is billed as. */
export function inputTokensOf({ system, tools, messages }: Pick<TestCall, 'system' | 'tools' | 'messages'>): number {
  const offered = tools.map(({ name, description, parameters }) => name + description + JSON.stringify(parameters))
  const called = messages.flatMap(({ toolCalls = [] }) => toolCalls.map((call) => call.name + call.arguments))
  const said = messages.map(({ text }) => text)
  return countTokens(system, ...offered, ...called, ...said) + (messages.length + 1) * TOKENS_PER_MESSAGE
}
