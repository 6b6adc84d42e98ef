import { resembled } from './field-names.ts'
import type { JsonSchemaCheck } from './json-schema/json-schema-check.ts'
import { isNode } from './json-schema/subschemas.ts'
import { pointerTo } from './pointer.ts'
import type { SchemaIssue } from './schema.ts'

/** What a schema says about the fields of an object, or of the objects in a list. */
type Fields = {
  readonly names: ReadonlySet<string>
  readonly children: ReadonlyMap<string, Fields>
  readonly items: Fields | undefined
  /** Whether it says nothing about other fields: many libraries drop them, and functions do not look for them. */
  readonly isSilent: boolean
}

/** `isIn`: the field stands inside the text of this path, else at it. */
export type LostField = SchemaIssue & { readonly isIn?: true }

const fieldsOf = new WeakMap<JsonSchemaCheck, Fields>()

/**
 * Finds fields that the schema neither declares nor forbids, and that the function would miss, so that it would do
 * something else than the model asked for: the name resembles that of a field that is absent, or the library of the
 * schema has dropped the field. Also finds an absent field inside the text of another.
 *
 * @param input the value before validation
 * @param output the value after validation
 * @param mayDrop whether a field that resembles no other may be dropped, because the function changes nothing
 */
export function lostFields(
  check: JsonSchemaCheck | undefined,
  input: unknown,
  output: unknown,
  mayDrop: boolean,
): readonly LostField[] {
  if (!check) return NONE
  let fields = fieldsOf.get(check)
  if (!fields) {
    fields = readFields(check.schema)
    fieldsOf.set(check, fields)
  }
  return lostIn(fields, input, output, mayDrop)
}

const NONE: readonly LostField[] = []

function lostIn(fields: Fields, input: unknown, output: unknown, mayDrop: boolean): readonly LostField[] {
  if (Array.isArray(input)) {
    const { items } = fields
    return items ? lostAt(input, (at) => lostIn(items, memberOf(input, at), memberOf(output, at), mayDrop)) : NONE
  }
  if (!isNode(input)) return NONE
  return lostAt(input, (name) => {
    const swallowed = swallowedField(input[name], fields.names, input)
    if (swallowed) return [swallowed]
    const child = fields.children.get(name)
    if (child) return lostIn(child, input[name], memberOf(output, name), mayDrop)
    if (!fields.isSilent || fields.names.has(name) || input[name] === undefined) return NONE
    return lost(name, fields, input, isNode(output) && !Object.hasOwn(output, name) && !mayDrop)
  })
}

/** Returns the issues of all members, with their whole paths. */
function lostAt(holder: object, lostIn: (name: string) => readonly LostField[]): readonly LostField[] {
  let all = NONE
  for (const name in holder) {
    const found = lostIn(name)
    if (found.length > 0) all = [...all, ...found.map((issue) => ({ ...issue, path: pointerTo(name) + issue.path }))]
    if (all.length > MAX_ISSUES) break
  }
  return all
}

const MAX_ISSUES = 20

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined
}

function lost(name: string, { names }: Fields, input: object, isDropped: boolean): readonly LostField[] {
  const absent = [...names].filter((other) => !Object.hasOwn(input, other))
  const meant = name.length < MIN_LENGTH ? undefined : resembled(name, absent)
  if (meant === undefined && !isDropped) return NONE
  const hint = meant === undefined ? '' : `; perhaps \`${meant}\` was meant`
  return [{ path: '', message: `is not a field of this object${hint}` }]
}

/** How models write the next field in formats other than JSON: some servers take it for a part of the text before it. */
const NEXT_FIELD = /<arg_key>\s*([\w-]{1,100})|<(?:\w+:)?parameter(?:=|\s+name=["'])([\w-]{1,100})/g

/** A text about such formats opens each field that it closes. One that is swallowed closes first. */
function isBalanced(text: string): boolean {
  const opened = text.search(/<arg_value>|<(?:\w+:)?parameter\b/)
  const closed = text.search(/<\/(?:arg_value|(?:\w+:)?parameter)>/)
  return opened >= 0 && closed > opened
}

/** Finds an absent field in the text of another: `{"file":"a.log</arg_value><arg_key>pattern</arg_key>…"}`. */
function swallowedField(value: unknown, names: ReadonlySet<string>, input: object): LostField | undefined {
  if (typeof value !== 'string' || !value.includes('<') || isBalanced(value)) return undefined
  for (const [, key, parameter] of value.matchAll(NEXT_FIELD)) {
    const name = key ?? parameter!
    if (!names.has(name) || Object.hasOwn(input, name)) continue
    return { path: '', message: `contains the field \`${name}\`: write it as a field of its own`, isIn: true }
  }
  return undefined
}

/** Shorter names resemble too many others. */
const MIN_LENGTH = 3

/** Keywords that say more about the fields of an object. */
const SAYING_MORE = [
  '$ref',
  'additionalProperties',
  'allOf',
  'anyOf',
  'dependencies',
  'dependentSchemas',
  'if',
  'not',
  'oneOf',
  'patternProperties',
  'propertyNames',
  'unevaluatedProperties',
]

function readFields(schema: unknown): Fields {
  const node = isNode(schema) ? schema : {}
  const properties = Object.entries(isNode(node['properties']) ? node['properties'] : {})
  const children = properties.map(([name, field]) => [name, readFields(field)] as const)
  const items = node['items'] === undefined ? undefined : readFields(node['items'])
  return {
    names: new Set(properties.map(([name]) => name)),
    children: new Map(children.filter(([, fields]) => hasFields(fields))),
    items: items && hasFields(items) ? items : undefined,
    isSilent: properties.length > 0 && !SAYING_MORE.some((keyword) => keyword in node),
  }
}

function hasFields({ names, items }: Fields): boolean {
  return names.size > 0 || items !== undefined
}
