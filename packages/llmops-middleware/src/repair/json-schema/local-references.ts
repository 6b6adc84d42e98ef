import { SchemaError } from './schema-error.ts'
import { isNode, mapSubschemas, type Node, walkSchema } from './subschemas.ts'

const ROOT = 'schema:/'

/**
 * Rewrites all references of a schema to JSON Pointers, and removes the names of its parts. So tools that declare the
 * same `$id` do not conflict, and references need no registry.
 */
export function withLocalReferences(root: Node): Node {
  const targets = targetsOf(root)
  if (targets.size === 0 && !mentionsReference(root)) return root
  return rewrite(root, '', ROOT, targets)
}

function mentionsReference(root: Node): boolean {
  let found = false
  walkSchema(root, (node) => {
    found ||= REFERENCES.some((keyword) => typeof node[keyword] === 'string')
  })
  return found
}

const REFERENCES = ['$ref', '$dynamicRef', '$recursiveRef'] as const
const NAMES = ['$id', 'id', '$anchor', '$dynamicAnchor', '$recursiveAnchor'] as const

/** Returns the pointer of each named part, by its absolute URI. */
function targetsOf(root: Node): Map<string, string> {
  const targets = new Map<string, string>()
  const visit = (node: Node, pointer: string, outer: string): void => {
    const base = baseOf(node, outer)
    if (base !== outer) targets.set(withoutFragment(base), pointer)
    for (const name of ['$anchor', '$dynamicAnchor'] as const) {
      if (typeof node[name] === 'string') targets.set(resolve(`#${node[name]}`, base), pointer)
    }
    const own = idOf(node)
    if (own?.startsWith('#')) targets.set(resolve(own, outer), pointer)
    mapSubschemas(node, pointer, (schema, at) => {
      if (isNode(schema)) visit(schema, at, base)
      return schema
    })
  }
  visit(root, '', ROOT)
  return targets
}

function rewrite(node: Node, pointer: string, outer: string, targets: ReadonlyMap<string, string>): Node {
  const base = baseOf(node, outer)
  const copy = mapSubschemas(node, pointer, (schema, at) =>
    isNode(schema) ? rewrite(schema, at, base, targets) : schema,
  )
  for (const keyword of REFERENCES) {
    const reference = copy[keyword]
    if (typeof reference !== 'string') continue
    delete copy[keyword]
    copy['$ref'] = localReference(reference, base, targets, `${pointer}/${keyword}`)
  }
  for (const name of NAMES) if (typeof copy[name] !== 'object') delete copy[name]
  return copy
}

function localReference(
  reference: string,
  base: string,
  targets: ReadonlyMap<string, string>,
  pointer: string,
): string {
  const uri = resolve(reference, base)
  const named = targets.get(uri)
  if (named !== undefined) return `#${named}`
  const [document, fragment = ''] = uri.split('#') as [string, string?]
  const start = document === ROOT ? '' : targets.get(document)
  if (start === undefined || (fragment !== '' && !fragment.startsWith('/'))) {
    throw new SchemaError(pointer, `refers to '${reference}', which is not in the schema`)
  }
  return `#${start}${fragment}`
}

function idOf(node: Node): string | undefined {
  const id = node['$id'] ?? node['id']
  return typeof id === 'string' ? id : undefined
}

function baseOf(node: Node, outer: string): string {
  const id = idOf(node)
  return id === undefined || id.startsWith('#') ? outer : withoutFragment(resolve(id, outer))
}

function withoutFragment(uri: string): string {
  return uri.split('#')[0]!
}

function resolve(reference: string, base: string): string {
  return URL.parse(reference, base)?.href ?? reference
}
