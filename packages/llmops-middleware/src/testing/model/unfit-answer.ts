import type { TestAnswer } from './script.ts'
import type { TestCall } from './test-call.ts'

/** Why a provider would never give this answer to this request; undefined if it would. */
export function unfitAnswer(
  { toolCalls = [] }: TestAnswer,
  { tools, body, format }: TestCall,
  number: number,
): string | undefined {
  const [first] = toolCalls
  if (!first) return undefined
  const custom = format === 'anthropicMessages' ? [] : customTools(body['tools'])
  const freeText = toolCalls.find(({ name }) => custom.includes(name))
  if (freeText) {
    return `The script calls the tool '${freeText.name}', which is a \`custom\` tool in call ${number}: the test model calls tools of the type \`function\` only.`
  }
  const names = tools.map(({ name }) => name)
  const unknown = toolCalls.find(({ name }) => !names.includes(name))
  if (unknown) {
    const offered = names.join(', ') || 'none'
    return `The script calls the tool '${unknown.name}', but the tools of call ${number} are: ${offered}.`
  }
  const choice = (body['tool_choice'] ?? {}) as Readonly<Record<string, unknown>> | string
  const { type, disable_parallel_tool_use } = typeof choice === 'string' ? { type: choice } : choice
  if (type === 'none') {
    return `The script calls the tool '${first.name}', but the \`tool_choice\` of call ${number} is none.`
  }
  const isOneAtATime = body['parallel_tool_calls'] === false || disable_parallel_tool_use === true
  if (!isOneAtATime || toolCalls.length === 1) return undefined
  return `The script calls ${toolCalls.length} tools at once, which call ${number} does not allow.`
}

type Named = { readonly type?: unknown; readonly name?: unknown; readonly custom?: { readonly name?: unknown } } | null

/** The names of the tools of OpenAI that take a text of any form. With Anthropic, `custom` is the type of every own tool. */
function customTools(tools: unknown): readonly unknown[] {
  if (!Array.isArray(tools)) return []
  const custom = (tools as readonly Named[]).filter((tool) => tool?.type === 'custom')
  return custom.map((tool) => tool?.custom?.name ?? tool?.name)
}
