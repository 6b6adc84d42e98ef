import { isNode, type Node } from './json-schema/subschemas.ts'
import { parseJson } from './parse-json.ts'
import { pointerTo } from './pointer.ts'
import type { SchemaIssue, Validator } from './schema.ts'

type Keys = readonly (string | number)[]

export type UnwrappedCall =
  | { readonly kind: 'none' }
  /** They stand at the keys `within`; `json` is the text of the arguments, if they were a text in the call. */
  | { readonly kind: 'call'; readonly args: unknown; readonly within: Keys; readonly json?: string }
  | { readonly kind: 'other'; readonly issue: SchemaIssue }

/** Where models name the tool, and where they put its arguments, in the formats that they were trained on. */
const NAMES = ['name', 'tool', 'tool_name', 'toolName', 'function', 'action']
const ARGUMENTS = ['arguments', 'args', 'parameters', 'params', 'input', 'tool_input', 'toolInput', 'action_input']
/** Where the API formats and LangChain put a whole call. */
const CALLS = ['function', 'function_call', 'functionCall', 'tool_call', 'toolCall', 'tool_use', 'toolUse']
const CALL_LISTS = ['tool_calls', 'toolCalls']
/** What stands beside a call in these formats. */
const BESIDE = new Set(['id', 'call_id', 'tool_call_id', 'toolCallId', 'index', 'status'])
const TYPES: ReadonlySet<unknown> = new Set(['function', 'function_call', 'tool_call', 'tool-call', 'tool_use'])

/**
 * Returns the arguments inside a call, which models sometimes write in place of the arguments alone: `{ arguments }`,
 * `{ name, arguments }`, `{ <tool>: { … } }`, `{ type: 'function', function: { name, arguments } }`, a list of one call, or
 * the same in other words. If the schema declares a field of that name, or no field at all, the object is not treated as a call.
 *
 * @param tool the tool that is called, if it is known; a call of another tool is refused
 */
export function unwrapCall(value: unknown, { check }: Validator, tool: string | undefined): UnwrappedCall {
  if (typeof value !== 'object' || value === null) return NONE
  const properties = check?.schema['properties']
  if (!isNode(properties) || isEmpty(properties)) return NONE
  return Array.isArray(value) ? inList(value, properties, tool, []) : inObject(value as Node, properties, tool, [])
}

const NONE = { kind: 'none' } as const

function isEmpty(properties: Node): boolean {
  for (const _ in properties) return false
  return true
}

function inList(list: readonly unknown[], declared: Node, tool: string | undefined, within: Keys): UnwrappedCall {
  const [only] = list
  if (list.length !== 1 || !isNode(only)) return NONE
  return inObject(only, declared, tool, [...within, 0])
}

function inObject(value: Node, declared: Node, tool: string | undefined, within: Keys): UnwrappedCall {
  if (isDeclared(value, declared)) return NONE
  const inner = wrappedIn(value, declared)
  if (!inner) return inCall(value, declared, tool, within)
  const at = [...within, inner.key]
  if (isNode(inner.call)) return inObject(inner.call, declared, tool, at)
  if (inner.call.length > 1) return refused(at, 'has several calls: write the arguments of one')
  return inList(inner.call, declared, tool, at)
}

/** Whether all fields of an object are declared, so that it can be the arguments themselves. */
function isDeclared(value: Node, declared: Node): boolean {
  for (const key in value) if (!Object.hasOwn(declared, key)) return false
  return true
}

type Wrapped = { readonly key: string; readonly call: Node | readonly unknown[] }

/** Finds the only field with a whole call in it. */
function wrappedIn(value: Node, declared: Node): Wrapped | undefined {
  const key = Object.keys(value).find((key) => CALLS.includes(key) || CALL_LISTS.includes(key))
  if (key === undefined || Object.hasOwn(declared, key) || fieldBeside(value, [key]) !== undefined) return undefined
  const call = value[key]
  if (isNode(call) && CALLS.includes(key)) return isCall(call) ? { key, call } : undefined
  return Array.isArray(call) && CALL_LISTS.includes(key) ? { key, call } : undefined
}

function isCall(value: Node): boolean {
  return nameIn(value) !== undefined && argumentsIn(value) !== undefined
}

const argumentsIn = (value: Node) => ARGUMENTS.find((key) => Object.hasOwn(value, key))
const nameIn = (value: Node) => NAMES.find((key) => typeof value[key] === 'string')

/** Returns a field that is not one of these, and does not stand beside calls. */
function fieldBeside(value: Node, keys: readonly unknown[]): string | undefined {
  const isKnown = (key: string) => keys.includes(key) || (key === 'type' ? TYPES.has(value[key]) : BESIDE.has(key))
  return Object.keys(value).find((key) => !isKnown(key))
}

function inCall(value: Node, declared: Node, tool: string | undefined, outer: Keys): UnwrappedCall {
  const within = argumentsIn(value) ?? tool
  if (within === undefined || !Object.hasOwn(value, within) || Object.hasOwn(declared, within)) return NONE
  const named = NAMES.find((key) => Object.hasOwn(value, key))
  const name = named === undefined ? tool : value[named]
  if (named !== undefined && typeof name !== 'string') return NONE
  const other = fieldBeside(value, [within, named])
  if (other !== undefined) {
    const isCall = named !== undefined && name === tool && isNode(value[within])
    return isCall ? refused([...outer, other], BESIDE_A_CALL) : NONE
  }
  // A field of that name may be meant, if the tool is not known or the other key is less usual.
  const isField = named !== undefined && Object.hasOwn(declared, named)
  if (isField && (tool === undefined || (within !== 'arguments' && name !== tool))) return NONE
  const args = value[within]
  const parsed = typeof args === 'string' ? parseJson(args, { canComplete: false }) : undefined
  const inner = parsed?.ok ? parsed.value : args
  if (!isNode(inner)) {
    // The schema may allow the field, but the function would not find its arguments there.
    const isText = typeof inner === 'string' && named === undefined
    return isText ? refused([...outer, within], 'is not an object: write the arguments themselves') : NONE
  }
  if (tool !== undefined && name !== tool) {
    return refused([...outer, named!], `is '${String(name)}': this looks like a call of another tool`)
  }
  // It may be the id of the call, or an argument.
  const unclear = Object.keys(value).find(
    (key) => BESIDE.has(key) && Object.hasOwn(declared, key) && !Object.hasOwn(inner, key),
  )
  if (unclear !== undefined) return refused([...outer, unclear], BESIDE_A_CALL)
  return { kind: 'call', args: inner, within: [...outer, within], ...(parsed?.ok && { json: parsed.json }) }
}

const BESIDE_A_CALL = 'stands beside a call: write the arguments themselves'

function refused(at: Keys, message: string): UnwrappedCall {
  return { kind: 'other', issue: { path: pointerTo(...at), message } }
}
