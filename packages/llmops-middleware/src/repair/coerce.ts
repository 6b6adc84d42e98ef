import type { ErrorObject } from 'ajv/dist/2020.js'
import { branchFor } from './coerce-union.ts'
import { choiceFor, formatted, retyped, trimmed } from './coerce-value.ts'
import type { WrittenNumbers } from './exact-numbers.ts'
import { resembled } from './field-names.ts'
import { isUnion, isWithin, ownErrors } from './json-schema/explain-errors.ts'
import type { JsonSchemaCheck } from './json-schema/json-schema-check.ts'
import { isNode } from './json-schema/subschemas.ts'
import { keysOf, pointerTo } from './pointer.ts'
import type { FreeRepair } from './repair-options.ts'

/** Each pass goes one level deeper into texts that contain JSON. */
const MAX_PASSES = 8

export type CoerceOptions = {
  /** The digits of the numbers, as they were written. */
  readonly numbers: WrittenNumbers
  /** Whether fields that the schema forbids may be left out. */
  readonly canRemove: boolean
  /** The paths of the issues. Nothing is changed elsewhere. @default everywhere */
  readonly paths?: readonly string[] | undefined
  readonly errorsOf?: ((value: unknown) => readonly ErrorObject[] | undefined) | undefined
}

export type Coerced = { readonly value: unknown; readonly repairs: ReadonlySet<FreeRepair> }

/**
 * Changes a value to fit its schema, only where the schema rejects it and only where it has one possible meaning:
 * `"12"` for a number, one value for a list of one, `null` for an optional field, `usd` where `USD` is a choice.
 * Nothing is guessed: not the day in `03/04/2026`, nor the upper case that a pattern requires. The result must be
 * validated again.
 *
 * @param input the value, which is changed in place
 */
export function coerce(check: JsonSchemaCheck, input: unknown, options: CoerceOptions): Coerced {
  return new Coercion(check, input, options).run()
}

class Coercion {
  readonly #check: JsonSchemaCheck
  readonly #options: CoerceOptions
  /** Contains the value, so that the whole value can be replaced like any part. */
  readonly #root: { value: unknown }
  readonly #repairs = new Set<FreeRepair>()

  constructor(check: JsonSchemaCheck, input: unknown, options: CoerceOptions) {
    this.#check = check
    this.#options = options
    this.#root = { value: input }
  }

  run(): Coerced {
    for (let pass = 0; pass < MAX_PASSES; pass++) {
      const changed = new Set<string>()
      for (const error of this.#errors()) {
        const at = error.instancePath
        // A part that was replaced is checked again in the next pass.
        if (!keysOf(at).some((_, depth, keys) => changed.has(pointerTo(...keys.slice(0, depth)))) && !changed.has(at)) {
          if (this.#change(error)) changed.add(at)
        }
      }
      if (changed.size === 0) break
    }
    return { value: this.#root.value, repairs: this.#repairs }
  }

  #errors(): readonly ErrorObject[] {
    const { paths, errorsOf = (value: unknown) => this.#check.errorsOf(value) } = this.#options
    const errors = ownErrors(this.#check, errorsOf(this.#root.value) ?? [])
    return paths ? errors.filter((error) => paths.some((path) => concerns(error, path))) : errors
  }

  #change(error: ErrorObject): boolean {
    const place = placeOf(this.#root, error.instancePath)
    if (!place) return false
    const { holder, key } = place
    if (error.data === null && this.#removeNull(error, holder, key)) return true
    if (isRemovable(error)) return this.#options.canRemove && this.#removeForbidden(error, holder[key])
    const value = holder[key]
    const changed = this.#valueFor(error, value, this.#options.numbers.digitsOf(holder, key))
    if (changed === undefined || changed === value) return false
    holder[key] = changed
    this.#repairs.add('coercion')
    return true
  }

  /** Returns the value that was meant; undefined if that is ambiguous. */
  #valueFor(error: ErrorObject, value: unknown, digits: string | undefined): unknown {
    const { keyword, params, parentSchema, instancePath } = error
    switch (keyword) {
      case 'type':
        return retyped([params['type']].flat(), value, { digits, isRoot: instancePath === '' }, this.#options.numbers)
      case 'enum':
        return choiceFor((parentSchema?.['enum'] ?? []) as readonly unknown[], digits ?? value)
      case 'const':
        return choiceFor([parentSchema?.['const']], digits ?? value)
      case 'pattern':
        return trimmed(value)
      case 'format':
        return formatted(params['format'], value)
      default:
        return isUnion(error) ? branchFor(this.#check, error, value, this.#optionsWithin(instancePath)) : undefined
    }
  }

  #optionsWithin(pointer: string): CoerceOptions {
    const { paths, numbers } = this.#options
    const inside = paths?.filter((path) => isWithin(path, pointer)).map((path) => path.slice(pointer.length))
    return { numbers, canRemove: false, paths: inside && inside.length > 0 ? inside : undefined }
  }

  /** Removes an optional field whose value is `null`. */
  #removeNull({ instancePath }: ErrorObject, holder: Holder, key: string): boolean {
    if (Array.isArray(holder) || holder === this.#root) return false
    delete holder[key]
    const errorsOf = this.#options.errorsOf ?? ((value: unknown) => this.#check.errorsOf(value))
    const isRequired = errorsOf(this.#root.value)?.some(
      ({ keyword, instancePath: at, params }) =>
        keyword === 'required' && `${at}${pointerTo(params['missingProperty'])}` === instancePath,
    )
    if (isRequired) holder[key] = null
    else this.#repairs.add('coercion')
    return !isRequired
  }

  /** Removes a field that the schema forbids, unless it may be the misspelt name of another. */
  #removeForbidden({ params, parentSchema }: ErrorObject, object: unknown): boolean {
    const name = (params['additionalProperty'] ?? params['unevaluatedProperty']) as string
    const declared = isNode(parentSchema?.['properties']) ? Object.keys(parentSchema['properties']) : []
    const names = params['unevaluatedProperty'] === undefined ? declared : ([...this.#check.names] as string[])
    if (!isNode(object) || resembled(name, names) !== undefined) return false
    delete object[name]
    this.#repairs.add('removal')
    return true
  }
}

/**
 * Whether this error is about the issue at that path. For a union, the issue may also be inside one of its branches.
 */
function concerns(error: ErrorObject, path: string): boolean {
  return isWithin(error.instancePath, path) || (isUnion(error) && isWithin(path, error.instancePath))
}

function isRemovable({ keyword }: ErrorObject): boolean {
  return keyword === 'additionalProperties' || keyword === 'unevaluatedProperties'
}

type Holder = Record<string, unknown>

/** Returns the object or list that contains the value, and its key. */
function placeOf(root: { value: unknown }, pointer: string): { holder: Holder; key: string } | undefined {
  let place: { holder: Holder; key: string } = { holder: root as Holder, key: 'value' }
  for (const key of keysOf(pointer)) {
    const holder = place.holder[place.key]
    if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, key)) return undefined
    place = { holder: holder as Holder, key }
  }
  return place
}
