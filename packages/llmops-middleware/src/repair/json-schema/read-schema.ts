import { compilePattern, type Pattern } from '../pattern/index.ts'
import { withLocalReferences } from './local-references.ts'
import { SchemaError } from './schema-error.ts'
import { isNode, mapSubschemas, markCounted, type Node, walkSchema } from './subschemas.ts'
import { fitsType, referredBy, typesOf } from './type-of.ts'

/** Schemas of tools are shallow. A circular schema object would never end. */
const MAX_DEPTH = 200
/** Compiling takes about 0.1 ms for each part, and nothing else runs meanwhile. */
const MAX_PARTS = 10_000

/** A schema, converted to draft 2020-12. */
export type ReadSchema = {
  readonly schema: Node
  /** Its patterns, by their source. */
  readonly patterns: ReadonlyMap<string, Pattern>
  readonly hasDefaults: boolean
  /** How many schemas it has, at any depth. */
  readonly parts: number
  /** The names of all its fields, at any depth. */
  readonly names: ReadonlySet<unknown>
}

/**
 * Reads a JSON Schema of drafts 04 to 2020-12, or of OpenAPI 3.0, with tuples, `nullable`, boolean `exclusiveMinimum`
 * and references by name. Defaults that their own schema refuses are removed.
 *
 * @param canLeaveOut whether patterns that cannot be used are removed, because other code checks them
 * @throws SchemaError if a part of the schema cannot be used.
 */
export function readSchema(schema: Node, { canLeaveOut }: { readonly canLeaveOut: boolean }): ReadSchema {
  const { $schema: _dialect, ...rest } = schema
  const patterns = new Map<string, Pattern>()
  const names = new Set<unknown>()
  const translated = withLocalReferences(translate(rest, '', 0))
  let hasDefaults = false
  let parts = 0
  walkSchema(translated, (node, pointer) => {
    if (++parts > MAX_PARTS) throw new SchemaError('', `has more than ${MAX_PARTS} parts`)
    for (const name of declaredNames(node, pointer)) names.add(name)
    if (Array.isArray(node['enum']) && node['enum'].length === 0)
      throw new SchemaError(`${pointer}/enum`, 'has no choice')
    const reference = node['$ref']
    if (typeof reference === 'string' && referredBy(reference, translated) === undefined) {
      throw new SchemaError(`${pointer}/$ref`, `refers to '${reference}', which is not in the schema`)
    }
    if ('default' in node && !fitsType(node['default'], node, translated)) delete node['default']
    hasDefaults ||= 'default' in node
    readPatterns(node, pointer, patterns, canLeaveOut)
    markCounted(node, pointer)
  })
  return { schema: translated, patterns, hasDefaults, parts, names }
}

function declaredNames({ properties, required }: Node, pointer: string): readonly unknown[] {
  const names = Object.keys(isNode(properties) ? properties : {})
  if (names.includes('__proto__') || (Array.isArray(required) && required.includes('__proto__'))) {
    throw new SchemaError(pointer, 'declares __proto__, which no field may be named')
  }
  return names
}

function readPatterns(node: Node, pointer: string, patterns: Map<string, Pattern>, canLeaveOut: boolean): void {
  const read = (source: string, at: string, leaveOut: () => void) => {
    try {
      if (!patterns.has(source)) patterns.set(source, compilePattern(source))
    } catch (error) {
      if (!canLeaveOut) throw new SchemaError(at, `'${source}' ${(error as Error).message}`)
      leaveOut()
    }
  }
  const { pattern, patternProperties } = node
  if (typeof pattern === 'string') read(pattern, `${pointer}/pattern`, () => delete node['pattern'])
  if (!isNode(patternProperties)) return
  for (const source of Object.keys(patternProperties)) {
    read(source, `${pointer}/patternProperties`, () => {
      delete patternProperties[source]
      delete node['additionalProperties']
    })
  }
}

/** Returns a copy in draft 2020-12. */
function translate(schema: unknown, pointer: string, depth: number): Node {
  if (depth > MAX_DEPTH) throw new SchemaError(pointer.slice(0, 100), `is nested deeper than ${MAX_DEPTH}`)
  if (!isNode(schema)) throw new SchemaError(pointer, `is ${JSON.stringify(schema)}, which is not a schema`)
  const node = mapSubschemas(schema, pointer, (each, at) =>
    typeof each === 'boolean' ? each : translate(each, at, depth + 1),
  )
  const required = requiredFields(schema)
  for (const each of TRANSLATIONS) each(node)
  if (required.length > 0) node['required'] = [...new Set([...((node['required'] as string[]) ?? []), ...required])]
  return node
}

const TRANSLATIONS: readonly ((node: Node) => void)[] = [
  tuple,
  exclusiveLimits,
  typeNames,
  nullable,
  requiredNames,
  uniqueChoices,
]

/** Before draft 2020-12, `items` is a list, and `additionalItems` is for the rest. */
function tuple(node: Node): void {
  const { items, additionalItems } = node
  if (!Array.isArray(items)) return
  delete node['items']
  node['prefixItems'] ??= items
  if (additionalItems !== undefined) node['items'] = additionalItems
  delete node['additionalItems']
}

/** Draft 04 and OpenAPI 3.0 have a boolean next to the limit. */
function exclusiveLimits(node: Node): void {
  for (const [exclusive, limit] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    const isExclusive = node[exclusive]
    if (typeof isExclusive !== 'boolean') continue
    delete node[exclusive]
    if (!isExclusive || typeof node[limit] !== 'number') continue
    node[exclusive] = node[limit]
    delete node[limit]
  }
}

const TYPE_NAMES = new Set(['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'])

/** Google's SDKs write `STRING`. */
function typeNames(node: Node): void {
  const { type } = node
  const known = (name: unknown) =>
    typeof name === 'string' && TYPE_NAMES.has(name.toLowerCase()) ? name.toLowerCase() : name
  if (type !== undefined) node['type'] = Array.isArray(type) ? [...new Set(type.map(known))] : known(type)
}

/** `nullable` is of OpenAPI 3.0. */
function nullable(node: Node): void {
  const isNullable = node['nullable'] === true
  delete node['nullable']
  if (!isNullable) return
  const types = typesOf(node)
  if (types && !types.includes('null')) node['type'] = [...types, 'null']
  if (Array.isArray(node['enum']) && !node['enum'].includes(null)) node['enum'] = [...node['enum'], null]
  if (types) return
  const { title, description, default: preset, $defs, definitions, ...rules } = node
  for (const keyword of Object.keys(rules)) delete node[keyword]
  node['anyOf'] = [rules, { type: 'null' }]
}

/** In draft 03, `required` is inside the field. Many tools still write it so. */
function requiredFields({ properties }: Node): readonly string[] {
  const fields = Object.entries(isNode(properties) ? properties : {})
  return fields.filter(([, field]) => isNode(field) && field['required'] === true).map(([name]) => name)
}

function requiredNames(node: Node): void {
  if (typeof node['required'] === 'boolean' || node['required'] === null) delete node['required']
  if (Array.isArray(node['required'])) node['required'] = [...new Set(node['required'])]
}

function uniqueChoices(node: Node): void {
  const choices = node['enum']
  if (!Array.isArray(choices)) return
  const seen = new Set<string>()
  node['enum'] = choices.filter((choice) => !seen.has(JSON.stringify(choice)) && seen.add(JSON.stringify(choice)))
}
