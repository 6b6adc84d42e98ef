import { pointerTo } from '../pointer.ts'

/** Keywords whose value is a schema (`ONE`), a list of schemas, or schemas by name. All others contain no schema. */
const ONE = new Set([
  'additionalItems',
  'additionalProperties',
  'contains',
  'contentSchema',
  'else',
  'if',
  'items',
  'not',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
])
const LISTS = new Set(['allOf', 'anyOf', 'items', 'oneOf', 'prefixItems'])
const NAMED = new Set(['$defs', 'definitions', 'dependencies', 'dependentSchemas', 'patternProperties', 'properties'])

export type Node = { [keyword: string]: unknown }

/** The keyword of parts that count how often a value is compared with them. */
export const COUNTED = 'llmops:counted'

/** Marks a part, invisibly for readers of the schema: a part of a union or of a reference can be visited many times. */
export function markCounted(node: Node, pointer: string): void {
  if ('$ref' in node || !/(?:^|\/(?:anyOf|oneOf|allOf|\$defs|definitions)\/[^/]+)$/.test(pointer)) return
  Object.defineProperty(node, COUNTED, { value: true, enumerable: false })
}

/** Replaces each schema in a node by the result of `map`, and does not change anything else. */
export function mapSubschemas(node: Node, pointer: string, map: (schema: unknown, pointer: string) => unknown): Node {
  const mapped: Node = {}
  for (const [keyword, value] of Object.entries(node)) {
    if (keyword === '__proto__') continue
    mapped[keyword] = value
    const at = `${pointer}${pointerTo(keyword)}`
    if (Array.isArray(value)) {
      if (LISTS.has(keyword)) mapped[keyword] = value.map((schema, index) => map(schema, `${at}/${index}`))
    } else if (ONE.has(keyword)) {
      mapped[keyword] = map(value, at)
    } else if (NAMED.has(keyword) && isNode(value)) {
      mapped[keyword] = Object.fromEntries(
        Object.entries(value).map(([name, schema]) => [
          name,
          // Draft 07 lists names in `dependencies` too.
          keyword === 'dependencies' && Array.isArray(schema) ? schema : map(schema, `${at}${pointerTo(name)}`),
        ]),
      )
    }
  }
  return mapped
}

/** Calls `visit` for a node and for each below it. */
export function walkSchema(node: Node, visit: (node: Node, pointer: string) => void, pointer = ''): void {
  visit(node, pointer)
  mapSubschemas(node, pointer, (schema, at) => {
    if (isNode(schema)) walkSchema(schema, visit, at)
    return schema
  })
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
