import type { ErrorObject } from 'ajv/dist/2020.js'
import { numberOf, retyped } from './coerce-value.ts'
import { copyPlain, isPlainHolder } from './copy-plain.ts'
import type { WrittenNumbers } from './exact-numbers.ts'
import { ownErrors } from './json-schema/explain-errors.ts'
import type { JsonSchemaCheck } from './json-schema/json-schema-check.ts'
import { TooManyComparisonsError } from './json-schema/work-limit.ts'
import { keysOf, pointerTo, valueAt } from './pointer.ts'

/** A value that a library has cast to a boolean, a number or a text, as JavaScript does. Undefined if there was none. */
export type Cast = { readonly path: string; readonly from: unknown; readonly to: boolean | number | string }

/** A value, and the type that was asked for. */
type Misfit = { readonly path: string; readonly from: unknown; readonly type: unknown }

type Holder = Record<string, unknown>

/** Whether the library of a schema has only copied a value. In a tenth of the time of `isDeepStrictEqual`. */
export function isUnchanged(input: unknown, output: unknown): boolean {
  if (Object.is(input, output)) return true
  if (!isHolder(input) || !isHolder(output) || !isPlainHolder(output)) return false
  if (Array.isArray(input) && Array.isArray(output))
    return input.length === output.length && input.every((member, at) => isUnchanged(member, output[at]))
  const names = Object.keys(input)
  if (names.length !== Object.keys(output).length) return false
  return names.every((name) => Object.hasOwn(output, name) && isUnchanged(input[name], output[name]))
}

/**
 * Finds where the library of a schema has cast a value to one that the model did not state, as `z.coerce` does: `"false"`
 * to true, `""` and null to 0, null to `"null"`, digits that a number does not keep. Not where the schema that the model
 * reads asks for what was cast, as for `z.string().transform(Boolean)`.
 *
 * @param input the value before validation
 * @param output the value after validation
 */
export function castsIn(check: JsonSchemaCheck | undefined, input: unknown, output: unknown): readonly Cast[] {
  const casts: Cast[] = []
  if (check) findCasts(input, output, [], casts)
  if (!check || casts.length === 0) return casts
  const copy = { value: copyPlain(input) }
  for (const { path, from, to } of casts) if (from !== undefined) put(copy, path, to)
  const refused = refusedPaths(check, copy.value)
  // The schema accepts the new value there, or requires one where there was none.
  return casts.filter(({ path, from }) => refused.has(path) === (from === undefined))
}

function findCasts(input: unknown, output: unknown, keys: string[], casts: Cast[]): void {
  if (typeof output === 'boolean' || typeof output === 'number' || typeof output === 'string') {
    if (typeof input === typeof output || !isCastOf(input, output) || isStated(input, output)) return
    casts.push({ path: pointerTo(...keys), from: input, to: output })
  } else if (isHolder(input) && isHolder(output) && isPlainHolder(output)) {
    for (const name in output) {
      keys.push(name)
      findCasts(Object.hasOwn(input, name) ? input[name] : undefined, output[name], keys, casts)
      keys.pop()
    }
  }
}

function isHolder(value: unknown): value is Holder {
  return typeof value === 'object' && value !== null
}

function isCastOf(input: unknown, output: Cast['to']): boolean {
  try {
    if (typeof output === 'boolean') return Boolean(input) === output
    return (typeof output === 'number' ? Number(input) : String(input)) === output
  } catch {
    // An object without a usable `toString`.
    return false
  }
}

/** Whether the value says the same without the schema. Of a number for a text, other digits may be meant: 1.10, 1.0. */
function isStated(input: unknown, output: Cast['to']): boolean {
  if (typeof output === 'string') return typeof input === 'boolean'
  if (typeof input === 'string') return typeof output === 'boolean' ? YES.test(input) : numberOf(input) !== undefined
  return typeof input === 'number' && input === Number(output)
}

const YES = /^\s*(?:true|yes|y|on|1)\s*$/i

function refusedPaths(check: JsonSchemaCheck, value: unknown): ReadonlySet<string> {
  return new Set(
    errorsOf(check, value).map(({ instancePath, keyword, params }) =>
      keyword === 'required' ? `${instancePath}${pointerTo(params['missingProperty'])}` : instancePath,
    ),
  )
}

/** @param value which gets the defaults of the schema */
function errorsOf(check: JsonSchemaCheck, value: unknown): readonly ErrorObject[] {
  check.begin(value)
  try {
    return check.errorsOf(value) ?? []
  } catch (error) {
    if (error instanceof TooManyComparisonsError) return []
    throw error
  }
}

/**
 * Finds texts and numbers where the schema that the model reads has another type. What the library made of them may not
 * show in its output, because a function of the schema has changed or moved it. Not in unions, which have several types.
 */
export function misfitsIn(
  { check }: { readonly check?: JsonSchemaCheck | undefined },
  input: unknown,
): readonly Misfit[] {
  const errors = check ? ownErrors(check, errorsOf(check, copyPlain(input))) : []
  return errors.flatMap(({ keyword, instancePath, params, data }) =>
    keyword === 'type' && (typeof data === 'string' || typeof data === 'number')
      ? [{ path: instancePath, from: data, type: params['type'] }]
      : [],
  )
}

/**
 * Replaces values that were cast by what they state: `"false"` by false, a number by its digits. Removes null, which
 * states that an optional field has no value. Returns whether anything has changed.
 *
 * @param input the value before validation, which is changed in place
 */
export function restate(input: unknown, values: readonly (Cast | Misfit)[], numbers: WrittenNumbers): boolean {
  let hasChanged = false
  for (const value of values) {
    const { path, from } = value
    const types = 'to' in value ? [typeof value.to] : [value.type].flat()
    const keys = keysOf(path)
    const key = keys.pop()
    const holder = valueAt(input, pointerTo(...keys))
    if (key === undefined || !isHolder(holder)) continue
    const written = { digits: numbers.digitsOf(holder, key), isRoot: false }
    const stated = retyped(types, from, written, numbers)
    if (stated !== undefined) holder[key] = stated
    else if (from === null && !Array.isArray(holder)) delete holder[key]
    else continue
    hasChanged = true
  }
  return hasChanged
}

function put(root: { value: unknown }, path: string, value: unknown): void {
  const keys = ['value', ...keysOf(path)]
  const key = keys.pop()!
  const holder = valueAt(root, pointerTo(...keys))
  if (isHolder(holder)) holder[key] = value
}
