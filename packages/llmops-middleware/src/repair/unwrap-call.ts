import { isNode } from './json-schema/subschemas.ts'
import { parseJson } from './parse-json.ts'
import type { SchemaIssue, Validator } from './schema.ts'

export type UnwrappedCall =
  | { readonly kind: 'none' }
  /** They stand in the field `within`; `json` is the text of the arguments, if they were a text in the call. */
  | { readonly kind: 'call'; readonly args: unknown; readonly within: string; readonly json?: string }
  | { readonly kind: 'other'; readonly issue: SchemaIssue }

/** Where models name the tool, and where they put its arguments, in the formats that they were trained on. */
const NAMES = ['name', 'tool', 'tool_name', 'function']
const ARGUMENTS = ['arguments', 'args', 'parameters', 'params', 'input']

/**
 * Returns the arguments inside `{ name, arguments }` or `{ arguments }`, or the same in other words, which models
 * sometimes write in place of the arguments alone. If the schema declares a field of that name, or no field at all, the
 * object is not treated as a call.
 *
 * @param tool the tool that is called, if it is known; a call of another tool is refused
 */
export function unwrapCall(value: unknown, { check }: Validator, tool: string | undefined): UnwrappedCall {
  if (!isNode(value)) return NONE
  const within = ARGUMENTS.find((key) => Object.hasOwn(value, key))
  if (within === undefined) return NONE
  const named = NAMES.find((key) => Object.hasOwn(value, key))
  if (Object.keys(value).length !== (named === undefined ? 1 : 2)) return NONE
  const properties = check?.schema['properties']
  if (!declaresOtherFields(properties, within)) return NONE
  const name = named === undefined ? tool : value[named]
  if (named !== undefined && typeof name !== 'string') return NONE
  // A field of that name may be meant, if the tool is not known or the other key is less usual.
  const isField = named !== undefined && Object.hasOwn(properties, named)
  if (isField && (tool === undefined || (within !== 'arguments' && name !== tool))) return NONE
  const args = value[within]
  const parsed = typeof args === 'string' ? parseJson(args, { canComplete: false }) : undefined
  const inner = parsed?.ok ? parsed.value : args
  if (!isNode(inner)) return NONE
  if (tool !== undefined && name !== tool) {
    const message = `is '${String(name)}': this looks like a call of another tool`
    return { kind: 'other', issue: { path: `/${named}`, message } }
  }
  return { kind: 'call', args: inner, within, ...(parsed?.ok && { json: parsed.json }) }
}

const NONE = { kind: 'none' } as const

function declaresOtherFields(properties: unknown, field: string): properties is object {
  return isNode(properties) && Object.keys(properties).length > 0 && !Object.hasOwn(properties, field)
}
