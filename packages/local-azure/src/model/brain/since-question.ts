import type { Message, PastToolCall } from './conversation.ts'

export type SinceQuestion = {
  readonly question: string
  /** The tool results, in order. */
  readonly results: readonly { readonly tool: string; readonly text: string }[]
  readonly called: ReadonlySet<string>
  /** Calls whose arguments a tool refused, and that were not repeated. */
  readonly refused: readonly PastToolCall[]
}

/** Words with which validators refuse arguments. */
const REFUSAL =
  /\b(invalid|validation|not valid|must (be|have|match|not)|required property|missing required|unexpected)\b/i

export function sinceQuestion(messages: readonly Message[]): SinceQuestion {
  const from = messages.findLastIndex((message) => message.role === 'user')
  const after = messages.slice(from + 1)
  const calls = after.flatMap((message) => (message.role === 'assistant' ? message.toolCalls : []))
  const results = after.flatMap((message) => {
    if (message.role !== 'tool') return []
    const call = calls.find(({ id }) => id === message.toolCallId)
    return [{ tool: call?.name ?? 'a tool', text: message.text, call }]
  })
  const refused = results.flatMap(({ call, text }) => {
    const isOnlyCall = calls.filter(({ name }) => name === call?.name).length === 1
    return call && isOnlyCall && isRefusal(text) ? [call] : []
  })
  return {
    question: messages[from]?.text ?? '',
    results,
    called: new Set(calls.map(({ name }) => name)),
    refused,
  }
}

/** Whether a result is an error about arguments, rather than an article about errors. */
function isRefusal(text: string): boolean {
  return /error|issues/i.test(text.slice(0, 200)) && REFUSAL.test(text)
}
