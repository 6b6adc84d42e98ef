import { invalid, invalidSchema, isCount, isObject, isUnset, missing, TOOL_NAME } from '../invalid-request.ts'
import type { WireError } from '../wire.ts'

type Body = Readonly<Record<string, unknown>>

/** What the provider would refuse in this request; undefined when it is sound. */
export function problemOf(body: Body): WireError | undefined {
  if (isUnset(body['max_tokens'])) return required('max_tokens')
  if (!isCount(body['max_tokens'])) return invalid('max_tokens', 'max_tokens: must be an integer of at least 1')
  return problemOfMessages(body['messages']) ?? problemOfTools(body['tools'])
}

function problemOfMessages(messages: unknown): WireError | undefined {
  if (isUnset(messages)) return required('messages')
  if (!Array.isArray(messages) || messages.length === 0) {
    return invalid('messages', 'messages: at least one message is required')
  }
  let open = new Set<unknown>()
  for (const [index, message] of messages.entries()) {
    const param = `messages.${index}`
    if (!isObject(message)) return invalid(param, `${param}: must be an object`)
    const { role, content } = message
    if (role !== 'user' && role !== 'assistant') {
      return invalid(param, `${param}.role: must be 'user' or 'assistant', is '${String(role)}'`)
    }
    if (typeof content !== 'string' && !(Array.isArray(content) && content.every(isObject))) {
      return invalid(param, `${param}.content: must be a string or an array of blocks`)
    }
    const answered = new Set(blocksOf(content, 'tool_result').map((block) => block['tool_use_id']))
    for (const id of answered) {
      if (!open.has(id))
        return invalid(param, `${param}: unexpected tool_use_id '${String(id)}' in a tool_result block`)
    }
    const left = [...open].filter((id) => !answered.has(id))
    if (left.length) {
      return invalid(param, `${param}: tool_use ids without tool_result blocks immediately after: ${left.join(', ')}`)
    }
    open = new Set(blocksOf(content, 'tool_use').map(({ id }) => id))
  }
  return undefined
}

function blocksOf(content: unknown, type: string): Record<string, unknown>[] {
  return Array.isArray(content) ? content.filter((block) => block.type === type) : []
}

function problemOfTools(tools: unknown): WireError | undefined {
  if (isUnset(tools)) return undefined
  if (!Array.isArray(tools)) return invalid('tools', 'tools: must be an array')
  for (const [index, tool] of tools.entries()) {
    if (!isObject(tool)) return invalid('tools', `tools.${index}: must be an object`)
    if (typeof tool['name'] !== 'string' || !TOOL_NAME.test(tool['name'])) {
      return invalid('tools', `tools.${index}.name: must match ${TOOL_NAME.source}`)
    }
    // Tools with a type of their own are the provider's; they bring no schema.
    const isOurs = isUnset(tool['type']) || tool['type'] === 'custom'
    const param = `tools.${index}.input_schema`
    if (isOurs && !isObject(tool['input_schema'])) return missing(param)
    const problem = invalidSchema(param, tool['name'], tool['input_schema'])
    if (problem) return problem
  }
  return undefined
}

function required(name: string): WireError {
  return invalid(name, `${name}: Field required`, 'missing_required_parameter')
}
