import { isDeepStrictEqual } from 'node:util'
import type { ErrorObject } from 'ajv/dist/2020.js'
import { type CoerceOptions, coerce } from './coerce.ts'
import { branchesOf } from './json-schema/explain-errors.ts'
import type { JsonSchemaCheck } from './json-schema/json-schema-check.ts'
import { isNode, type Node } from './json-schema/subschemas.ts'
import { referredBy } from './json-schema/type-of.ts'

/** More branches are not tried. */
const MAX_BRANCHES = 8

/**
 * What a value was meant to be by the one branch of a union that a constant in it picks; else by the one of at most eight
 * that accepts it afterwards. Undefined when none or several do.
 */
export function branchFor(check: JsonSchemaCheck, union: ErrorObject, value: unknown, options: CoerceOptions): unknown {
  const branches = branchesOf(union)
  const picked = branches.filter((branch) => isPickedBy(value, resolved(branch, check.schema)))
  const tried = picked.length === 1 ? picked : branches.length <= MAX_BRANCHES ? branches : []
  const fitting = tried.flatMap((branch) => {
    const errorsOf = (value: unknown) => check.errorsByPart(branch, value)
    const { value: coerced } = coerce(check, options.numbers.copyOf(value), { ...options, errorsOf })
    return errorsOf(coerced) ? [] : [coerced]
  })
  const [meant, ...others] = fitting
  return meant !== undefined && others.every((other) => isDeepStrictEqual(meant, other)) ? meant : undefined
}

/** Whether the object has all the constants of a branch, of which there must be one. */
function isPickedBy(value: unknown, branch: unknown): boolean {
  if (!isNode(value) || !isNode(branch) || !isNode(branch['properties'])) return false
  const constants = Object.entries(branch['properties']).flatMap(([name, field]) => {
    const choices = isNode(field) ? ('const' in field ? [field['const']] : field['enum']) : undefined
    return Array.isArray(choices) ? [{ name, choices: choices as readonly unknown[] }] : []
  })
  return constants.length > 0 && constants.every(({ name, choices }) => choices.includes(value[name]))
}

function resolved(branch: Node, root: Node): unknown {
  return typeof branch['$ref'] === 'string' ? referredBy(branch['$ref'], root) : branch
}
