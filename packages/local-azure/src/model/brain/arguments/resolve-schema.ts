import type { JsonSchema } from '../conversation.ts'

/** Resolves references and alternatives of a schema. Of alternatives it takes the first that is not null. */
export function resolveSchema(schema: JsonSchema, root: JsonSchema): { schema: JsonSchema; isNullable: boolean } {
  let resolved = schema
  let isNullable = false
  // Limited, because a schema may refer to itself.
  for (let step = 0; step < 16; step++) {
    const { $ref, anyOf, oneOf, allOf, ...rest } = resolved
    const alternatives = anyOf ?? oneOf
    if ($ref !== undefined) {
      resolved = merge(definitionOf($ref, root), rest)
    } else if (allOf) {
      resolved = allOf.reduce<JsonSchema>(merge, rest)
    } else if (alternatives) {
      isNullable ||= alternatives.some(({ type }) => type === 'null')
      resolved = merge(rest, alternatives.find(({ type }) => type !== 'null') ?? {})
    } else {
      break
    }
  }
  const { type } = resolved
  if (typeof type !== 'string' && type) {
    isNullable ||= type.includes('null')
    return { schema: { ...resolved, type: type.find((kind) => kind !== 'null') ?? 'null' }, isNullable }
  }
  return { schema: resolved, isNullable }
}

/** `#/$defs/Name` and `#`, the references that structured outputs allow. */
function definitionOf(reference: string, root: JsonSchema): JsonSchema {
  if (reference === '#') return root
  const name = reference.replace(/^#\/(\$defs|definitions)\//, '')
  return root.$defs?.[name] ?? root.definitions?.[name] ?? {}
}

function merge(one: JsonSchema, other: JsonSchema): JsonSchema {
  const merged = { ...one, ...other }
  if (!one.properties || !other.properties) return { ...merged, required: requiredBy(one, other) }
  return { ...merged, properties: { ...one.properties, ...other.properties }, required: requiredBy(one, other) }
}

function requiredBy(one: JsonSchema, other: JsonSchema): readonly string[] {
  return [...(one.required ?? []), ...(other.required ?? [])]
}
