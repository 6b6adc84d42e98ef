import { invalid, invalidSchema, isCount, isObject, isUnset, missing, TOOL_NAME } from '../invalid-request.ts'
import type { WireError } from '../wire.ts'

type Body = Readonly<Record<string, unknown>>

/** What the provider would refuse in this request, in its own words; undefined when it is sound. */
export function problemOf(body: Body): WireError | undefined {
  return problemOfMessages(body['messages']) ?? problemOfTools(body) ?? problemOfSettings(body)
}

const ROLES = ['system', 'developer', 'user', 'assistant', 'tool']

function problemOfMessages(messages: unknown): WireError | undefined {
  if (messages === undefined) return missing('messages')
  if (!Array.isArray(messages) || messages.length === 0) {
    return invalid('messages', "Invalid 'messages': expected an array with at least one message.")
  }
  const unanswered = new Set<string>()
  for (const [index, message] of messages.entries()) {
    const param = `messages[${index}]`
    if (!isObject(message)) return invalid(param, `Invalid type for '${param}': expected an object.`)
    const { role, content, tool_calls: toolCalls, tool_call_id: toolCallId } = message
    if (!ROLES.includes(role as string)) {
      return invalid(`${param}.role`, `Invalid value: '${String(role)}'. Supported values are: ${ROLES.join(', ')}.`)
    }
    if (role === 'tool') {
      if (typeof toolCallId !== 'string') return missing(`${param}.tool_call_id`)
      if (!unanswered.delete(toolCallId)) {
        const rule = "messages with role 'tool' must be a response to a preceding message with 'tool_calls'."
        return invalid(`${param}.role`, `Invalid parameter: ${rule}`)
      }
    } else if (unanswered.size > 0) {
      return withoutAnswers(unanswered)
    }
    if (!isContent(content) && !(role === 'assistant' && isUnset(content))) {
      const rule = 'expected a string or an array of parts'
      return invalid(`${param}.content`, `Invalid type for '${param}.content': ${rule}.`)
    }
    if (isUnset(toolCalls)) continue
    if (!Array.isArray(toolCalls) || !toolCalls.every(isToolCall)) {
      return invalid(`${param}.tool_calls`, `Invalid '${param}.tool_calls': expected an array of calls with an id.`)
    }
    for (const { id } of toolCalls) unanswered.add(id)
  }
  return unanswered.size > 0 ? withoutAnswers(unanswered) : undefined
}

function withoutAnswers(ids: ReadonlySet<string>): WireError {
  const rule =
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'."
  return invalid(
    'messages',
    `${rule} The following tool_call_ids did not have response messages: ${[...ids].join(', ')}`,
  )
}

function isContent(content: unknown): boolean {
  return typeof content === 'string' || (Array.isArray(content) && content.every(isObject))
}

function isToolCall(call: unknown): call is { id: string } {
  if (!isObject(call) || typeof call['id'] !== 'string' || !isObject(call['function'])) return false
  return typeof call['function']['name'] === 'string' && typeof call['function']['arguments'] === 'string'
}

function problemOfTools({ tools, tool_choice: choice }: Body): WireError | undefined {
  if (isUnset(tools)) {
    if (isUnset(choice) || choice === 'none') return undefined
    return invalid('tool_choice', "'tool_choice' is only allowed when 'tools' are specified.")
  }
  if (!Array.isArray(tools) || tools.length === 0)
    return invalid('tools', "Invalid 'tools': expected an array of tools.")
  for (const [index, tool] of tools.entries()) {
    const definition = isObject(tool) && tool['type'] === 'function' ? tool['function'] : undefined
    const param = `tools[${index}].function`
    if (!isObject(definition)) return missing(param)
    const { name, parameters } = definition
    if (typeof name !== 'string' || !TOOL_NAME.test(name)) {
      return invalid(`${param}.name`, `Invalid '${param}.name': expected a string that matches ${TOOL_NAME.source}.`)
    }
    const problem = invalidSchema(`${param}.parameters`, name, parameters)
    if (problem) return problem
  }
  if (!isObject(choice)) {
    if (isUnset(choice) || ['none', 'auto', 'required'].includes(choice as string)) return undefined
    return invalid('tool_choice', `Invalid value: '${String(choice)}'. Supported values are: none, auto, required.`)
  }
  const wanted = isObject(choice['function']) ? choice['function']['name'] : undefined
  if (tools.some((tool) => tool.function.name === wanted)) return undefined
  return invalid('tool_choice', `Tool choice '${String(wanted)}' not found in 'tools' parameter.`)
}

function problemOfSettings(body: Body): WireError | undefined {
  for (const name of ['max_completion_tokens', 'max_tokens', 'n']) {
    if (!isUnset(body[name]) && !isCount(body[name])) {
      return invalid(name, `Invalid '${name}': integer of at least 1 expected.`)
    }
  }
  if (!isUnset(body['stream_options']) && body['stream'] !== true) {
    return invalid('stream_options', "The 'stream_options' parameter is only allowed when 'stream' is enabled.")
  }
  return problemOfFormat(body)
}

function problemOfFormat({ response_format: format, messages }: Body): WireError | undefined {
  if (isUnset(format)) return undefined
  const type = isObject(format) ? format['type'] : undefined
  switch (type) {
    case 'text':
      return undefined
    case 'json_schema': {
      const { json_schema: named } = format as Record<string, unknown>
      const param = 'response_format.json_schema.schema'
      if (!isObject(named) || !isObject(named['schema'])) return missing(param)
      return invalidSchema(param, String(named['name']), named['schema'])
    }
    case 'json_object':
      if (/json/i.test(JSON.stringify(messages))) return undefined
      return invalid(
        'messages',
        "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
      )
    default:
      return invalid(
        'response_format.type',
        `Invalid value: '${String(type)}'. Supported values are: text, json_object, json_schema.`,
      )
  }
}
