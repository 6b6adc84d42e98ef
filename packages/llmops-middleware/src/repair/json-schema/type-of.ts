import { isDeepStrictEqual } from 'node:util'
import { valueAt } from '../pointer.ts'
import { isNode, type Node } from './subschemas.ts'

/** Returns the names of the types that a schema accepts. Undefined if it has no `type`. */
export function typesOf({ type }: Node): readonly unknown[] | undefined {
  return type === undefined ? undefined : Array.isArray(type) ? type : [type]
}

export function isOfType(value: unknown, type: unknown): boolean {
  switch (type) {
    case 'array':
      return Array.isArray(value)
    case 'integer':
      return Number.isInteger(value)
    case 'null':
      return value === null
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    default:
      return typeof value === type
  }
}

/** Whether a value has the type, and is one of the choices, of a schema. Other keywords are ignored. */
export function fitsType(value: unknown, schema: unknown, root: Node, depth = 0): boolean {
  if (!isNode(schema) || depth > 8) return schema !== false
  const fits = (other: unknown) => fitsType(value, other, root, depth + 1)
  const { $ref, allOf, anyOf, oneOf, enum: choices } = schema
  return (
    (typesOf(schema)?.some((type) => isOfType(value, type)) ?? true) &&
    (!Array.isArray(choices) || choices.some((choice) => isDeepStrictEqual(choice, value))) &&
    (!('const' in schema) || isDeepStrictEqual(schema['const'], value)) &&
    (typeof $ref !== 'string' || fits(referredBy($ref, root))) &&
    (!Array.isArray(allOf) || allOf.every(fits)) &&
    (!Array.isArray(anyOf) || anyOf.some(fits)) &&
    (!Array.isArray(oneOf) || oneOf.some(fits))
  )
}

/** Returns the target of a reference within a schema. */
export function referredBy(reference: string, root: Node): unknown {
  try {
    return valueAt(root, decodeURIComponent(reference).slice(1))
  } catch {
    return undefined
  }
}
