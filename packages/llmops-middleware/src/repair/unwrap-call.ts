import { isNode } from './json-schema/subschemas.ts'
import { parseJson } from './parse-json.ts'
import type { SchemaIssue, Validator } from './schema.ts'

export type UnwrappedCall =
  | { readonly kind: 'none' }
  /** `json` is the text of the arguments, if they were a text in the call. */
  | { readonly kind: 'call'; readonly args: unknown; readonly json?: string }
  | { readonly kind: 'other'; readonly issue: SchemaIssue }

/**
 * Returns the arguments inside `{ name, arguments }`, which models sometimes write in place of the arguments alone. If
 * the schema declares a field `arguments`, or no field at all, the object is not treated as a call.
 *
 * @param tool the tool that is called, if it is known; a call of another tool is refused
 */
export function unwrapCall(value: unknown, { check }: Validator, tool: string | undefined): UnwrappedCall {
  if (!isNode(value) || !('arguments' in value) || Object.keys(value).length !== 2) return { kind: 'none' }
  const { name, arguments: args } = value
  const properties = check?.schema['properties']
  if (typeof name !== 'string' || !declaresOtherFields(properties)) return { kind: 'none' }
  // If the tool is not known, `name` may be a field of the arguments.
  if (tool === undefined && Object.hasOwn(properties, 'name')) return { kind: 'none' }
  const parsed = typeof args === 'string' ? parseJson(args, { canComplete: false }) : undefined
  const inner = parsed?.ok ? parsed.value : args
  if (!isNode(inner)) return { kind: 'none' }
  if (tool !== undefined && name !== tool) {
    return { kind: 'other', issue: { path: '/name', message: `is '${name}': this looks like a call of another tool` } }
  }
  return { kind: 'call', args: inner, ...(parsed?.ok && { json: parsed.json }) }
}

function declaresOtherFields(properties: unknown): properties is object {
  return isNode(properties) && Object.keys(properties).length > 0 && !Object.hasOwn(properties, 'arguments')
}
