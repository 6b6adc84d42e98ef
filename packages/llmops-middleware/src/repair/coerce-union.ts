import { isDeepStrictEqual } from 'node:util'
import type { ErrorObject } from 'ajv/dist/2020.js'
import { type CoerceOptions, coerce } from './coerce.ts'
import { branchesOf } from './json-schema/explain-errors.ts'
import type { JsonSchemaCheck } from './json-schema/json-schema-check.ts'
import { pickedBranches } from './json-schema/picked-branches.ts'

/** A union with more branches is not tried. */
const MAX_BRANCHES = 8

/**
 * Coerces a value to one branch of a union: the branch whose constants the value has, else the only one of at most
 * eight branches that accepts the coerced value. Returns undefined if none or several accept it.
 */
export function branchFor(check: JsonSchemaCheck, union: ErrorObject, value: unknown, options: CoerceOptions): unknown {
  const branches = branchesOf(union)
  const picked = pickedBranches(branches, value, check.schema)
  const tried = picked.length === 1 ? picked : branches.length <= MAX_BRANCHES ? branches : []
  const fitting = tried.flatMap((branch) => {
    const errorsOf = (value: unknown) => check.errorsByPart(branch, value)
    const { value: coerced } = coerce(check, options.numbers.copyOf(value), { ...options, errorsOf })
    return errorsOf(coerced) ? [] : [coerced]
  })
  const [meant, ...others] = fitting
  return meant !== undefined && others.every((other) => isDeepStrictEqual(meant, other)) ? meant : undefined
}
