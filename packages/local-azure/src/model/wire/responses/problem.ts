import { invalid, invalidSchema, isCount, isObject, isUnset, missing, TOOL_NAME } from '../invalid-request.ts'
import type { WireError } from '../wire.ts'

type Body = Readonly<Record<string, unknown>>

/** What the provider would refuse in this request, in its own words; undefined when it is sound. */
export function problemOf(body: Body): WireError | undefined {
  return problemOfInput(body['input']) ?? problemOfTools(body) ?? problemOfSettings(body)
}

const ROLES = ['system', 'developer', 'user', 'assistant']

function problemOfInput(input: unknown): WireError | undefined {
  if (isUnset(input)) return missing('input')
  if (typeof input === 'string') return undefined
  if (!Array.isArray(input))
    return invalid('input', "Invalid type for 'input': expected a string or an array of items.")
  const calls = new Set<unknown>()
  for (const [index, item] of input.entries()) {
    const param = `input[${index}]`
    if (!isObject(item)) return invalid(param, `Invalid type for '${param}': expected an object.`)
    const { type = 'message', role, call_id: callId } = item
    if (type === 'message' && !ROLES.includes(role as string)) {
      return invalid(`${param}.role`, `Invalid value: '${String(role)}'. Supported values are: ${ROLES.join(', ')}.`)
    }
    if (type === 'function_call') calls.add(callId)
    if (type === 'function_call_output' && !calls.delete(callId)) {
      return invalid('input', `No tool call found for function call output with call_id ${String(callId)}.`)
    }
  }
  if (calls.size === 0) return undefined
  return invalid('input', `No tool output found for function call ${[...calls].join(', ')}.`)
}

function problemOfTools({ tools }: Body): WireError | undefined {
  if (isUnset(tools)) return undefined
  if (!Array.isArray(tools)) return invalid('tools', "Invalid 'tools': expected an array of tools.")
  for (const [index, tool] of tools.entries()) {
    const param = `tools[${index}]`
    if (!isObject(tool) || typeof tool['type'] !== 'string') return missing(`${param}.type`)
    if (tool['type'] !== 'function') continue
    if (typeof tool['name'] !== 'string' || !TOOL_NAME.test(tool['name'])) {
      return invalid(`${param}.name`, `Invalid '${param}.name': expected a string that matches ${TOOL_NAME.source}.`)
    }
    const problem = invalidSchema(`${param}.parameters`, tool['name'], tool['parameters'])
    if (problem) return problem
  }
  return undefined
}

function problemOfSettings({ max_output_tokens: cap, instructions, text }: Body): WireError | undefined {
  if (!isUnset(cap) && !isCount(cap)) {
    return invalid('max_output_tokens', "Invalid 'max_output_tokens': integer of at least 1 expected.")
  }
  if (!isUnset(instructions) && typeof instructions !== 'string') {
    return invalid('instructions', "Invalid type for 'instructions': expected a string.")
  }
  const format = isObject(text) ? text['format'] : undefined
  if (!isObject(format) || format['type'] !== 'json_schema') return undefined
  if (!isObject(format['schema'])) return missing('text.format.schema')
  return invalidSchema('text.format.schema', String(format['name']), format['schema'])
}
