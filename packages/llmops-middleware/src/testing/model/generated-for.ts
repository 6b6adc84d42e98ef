import * as wire from '../wire/index.ts'
import { textOf } from './read-request.ts'
import { EVENTS_BEFORE_FAULT, type TestAnswer, type TestToolCall } from './script.ts'
import type { TestCall } from './test-call.ts'

/**
 * What the model generates for a call: the answer of the script, as far as the request lets it go.
 *
 * @throws Error that says why a provider would never give this answer to this request.
 */
export function generatedFor(call: TestCall, answer: TestAnswer, id: string): wire.Generated {
  const { text = '', toolCalls = [], usage = {}, fault, afterEvents = EVENTS_BEFORE_FAULT } = answer
  checkToolCalls(toolCalls, call)
  const { stop, stop_sequences = stop, n, input } = call.body
  const generated = wire.generate({
    id,
    createdAtSeconds: Math.floor(Date.now() / 1000),
    model: call.model,
    choices: Number(n ?? 1),
    text,
    toolCalls: toolCalls.map(({ name, arguments: args }) => ({ name, arguments: textOf(args) })),
    maxOutputTokens: call.maxOutputTokens,
    stop: [stop_sequences ?? []].flat().map(String),
    filteredAfter: fault === 'content_filter_stream' ? afterEvents : undefined,
    inputTokens: call.format === 'embeddings' ? wire.embeddedTokens(input) : wire.inputTokensOf(call),
    cachedInputTokens: 0,
    reasoningTokens: usage.reasoningTokens ?? 0,
  })
  const told = Object.entries(usage).filter(([, tokens]) => tokens !== undefined)
  return { ...generated, usage: { ...generated.usage, ...Object.fromEntries(told) } }
}

function checkToolCalls(toolCalls: readonly TestToolCall[], { tools, body }: TestCall): void {
  const offered = tools.map(({ name }) => name)
  const unknown = toolCalls.find(({ name }) => !offered.includes(name))
  if (unknown) {
    throw new Error(
      `The script calls the tool '${unknown.name}'; the functions in the request are [${offered.join(', ')}].`,
    )
  }
  const choice = (body['tool_choice'] ?? {}) as Readonly<Record<string, unknown>> | string
  const { type, disable_parallel_tool_use } = typeof choice === 'string' ? { type: choice } : choice
  const isOneAtATime = body['parallel_tool_calls'] === false || disable_parallel_tool_use === true
  const most = type === 'none' ? 0 : isOneAtATime ? 1 : toolCalls.length
  if (toolCalls.length > most) {
    throw new Error(`The request allows at most ${most} tool calls; the script makes ${toolCalls.length}.`)
  }
}
