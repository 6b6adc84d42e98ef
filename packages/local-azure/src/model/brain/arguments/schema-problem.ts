const MAX_DEPTH = 64
const ALTERNATIVES = ['anyOf', 'oneOf', 'allOf']
const DEFINITIONS = ['properties', '$defs', 'definitions']

/** Why the model cannot read a value as a JSON Schema; undefined if it can. */
export function schemaProblem(schema: unknown, path = '', depth = 0): string | undefined {
  if (typeof schema === 'boolean') return undefined
  if (!isObject(schema)) return `${path || 'the schema'} is not an object`
  if (depth > MAX_DEPTH) return `${path} is nested deeper than ${MAX_DEPTH} levels`
  const { required, enum: choices, items } = schema
  if (required !== undefined && !isArrayOf(required, (name) => typeof name === 'string')) {
    return `${path}/required is not an array of names`
  }
  if (choices !== undefined && !Array.isArray(choices)) return `${path}/enum is not an array`
  for (const name of ['pattern', 'format', '$ref']) {
    if (schema[name] !== undefined && typeof schema[name] !== 'string') return `${path}/${name} is not a string`
  }
  for (const name of [...ALTERNATIVES, ...DEFINITIONS]) {
    const parts = schema[name]
    if (parts === undefined) continue
    if (ALTERNATIVES.includes(name) ? !Array.isArray(parts) : !isObject(parts)) return `${path}/${name} is malformed`
    for (const [key, part] of Object.entries(parts as object)) {
      const problem = schemaProblem(part, `${path}/${name}/${key}`, depth + 1)
      if (problem) return problem
    }
  }
  return items === undefined || Array.isArray(items) ? undefined : schemaProblem(items, `${path}/items`, depth + 1)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isArrayOf(value: unknown, test: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(test)
}
