import type { JsonSchema } from '../repair/index.ts'

/**
 * Characters that people do not see but models read: control characters, zero-width and direction marks, and the tag
 * characters and variation selectors that can hide whole sentences. Joiners that some scripts need are not included.
 */
const INVISIBLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these characters are searched for.
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu

/** Removes invisible characters from a text of a server, and shortens it. */
export function visibleText(text: string, maxChars: number): string {
  const visible = text.replaceAll(INVISIBLE, '')
  if (visible.length <= maxChars) return visible
  // Do not cut a surrogate pair in half.
  return `${visible.slice(0, maxChars - 1).replace(/[\ud800-\udbff]$/, '')}…`
}

/** Returns the name of a tool for messages that people and logs get. A server may name a tool anything. */
export function visibleName(name: string): string {
  return visibleText(name.replaceAll(/\s+/g, ' '), MAX_NAME_CHARS)
}

export const quoted = (name: string): string => `'${visibleName(name)}'`

const MAX_NAME_CHARS = 200

const TEXTS: ReadonlySet<string> = new Set(['description', 'title', '$comment'])
/** Keywords whose values are data, not schemas. */
const DATA: ReadonlySet<string> = new Set(['default', 'const', 'enum', 'examples', 'example'])
/** Keywords whose members are schemas by name. */
const MAPS: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
])

/** Applies `visibleText` to the texts of a schema. */
export function schemaWithVisibleTexts(schema: JsonSchema, maxChars: number): JsonSchema {
  const schemaOf = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(schemaOf)
    return isMap(value) ? membersOf(value, keywordOf) : value
  }
  const keywordOf = (value: unknown, name: string): unknown => {
    if (DATA.has(name)) return value
    if (TEXTS.has(name) && typeof value === 'string') return visibleText(value, maxChars)
    return MAPS.has(name) && isMap(value) ? membersOf(value, schemaOf) : schemaOf(value)
  }
  return membersOf(schema, keywordOf)
}

const isMap = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function membersOf(members: JsonSchema, of: (value: unknown, name: string) => unknown): JsonSchema {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [name, of(value, name)]))
}
