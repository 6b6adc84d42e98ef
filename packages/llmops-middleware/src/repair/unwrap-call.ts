import { isNode } from './json-schema/subschemas.ts'
import { parseJson } from './parse-json.ts'
import type { SchemaIssue, Validator } from './schema.ts'

export type UnwrappedCall =
  | { readonly kind: 'none' }
  /** `json` is the text that the arguments were parsed from, if they were a text in the call. */
  | { readonly kind: 'call'; readonly args: unknown; readonly json?: string }
  | { readonly kind: 'other'; readonly issue: SchemaIssue }

/**
 * The arguments within `{ name, arguments }`, which models write in the place of the arguments alone. For a schema that
 * declares `arguments`, or no field at all, this is no call but the arguments.
 *
 * @param tool that is called, if that is known: a call of another one is refused.
 */
export function unwrapCall(value: unknown, { check }: Validator, tool: string | undefined): UnwrappedCall {
  if (!isNode(value) || !('arguments' in value) || Object.keys(value).length !== 2) return { kind: 'none' }
  const { name, arguments: args } = value
  const properties = check?.schema['properties']
  if (typeof name !== 'string' || !declaresOtherFields(properties)) return { kind: 'none' }
  // A field of that name can be meant where it is not known which tool is called.
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
