import type { ErrorObject } from 'ajv/dist/2020.js'
import { nearest } from '../nearest.ts'
import { branchFor } from './coerce-union.ts'
import { choiceFor, formatted, retyped, trimmed } from './coerce-value.ts'
import type { WrittenNumbers } from './exact-numbers.ts'
import { isUnion, isWithin, ownErrors } from './json-schema/explain-errors.ts'
import type { JsonSchemaCheck } from './json-schema/json-schema-check.ts'
import { isNode } from './json-schema/subschemas.ts'
import { keysOf, pointerTo } from './pointer.ts'
import type { FreeRepair } from './repair-options.ts'

/** A text that holds an object that holds a text: each pass goes one further in. */
const MAX_PASSES = 8

export type CoerceOptions = {
  /** How the numbers in the value were written. */
  readonly numbers: WrittenNumbers
  /** Whether fields that the schema forbids may be left out. */
  readonly canRemove: boolean
  /** Where somebody complains: nothing is changed elsewhere. @default everywhere */
  readonly paths?: readonly string[] | undefined
  readonly errorsOf?: ((value: unknown) => readonly ErrorObject[] | undefined) | undefined
}

export type Coerced = { readonly value: unknown; readonly repairs: ReadonlySet<FreeRepair> }

/**
 * Brings a value nearer to its schema, only where the schema complains and only where one thing can have been meant: `"12"`
 * for a number, one value for a list of one, `null` for what may be left out, `usd` where `USD` can be chosen. Nothing is
 * guessed: not the day in `03/04/2026`, nor the capitals that a pattern wants. The result is to be validated again, so that a value is never made valid by this alone.
 *
 * @param input is changed in place.
 */
export function coerce(check: JsonSchemaCheck, input: unknown, options: CoerceOptions): Coerced {
  return new Coercion(check, input, options).run()
}

class Coercion {
  readonly #check: JsonSchemaCheck
  readonly #options: CoerceOptions
  /** Holds the value, so that the whole of it can be replaced like any part. */
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
        // What stands in a part that was replaced is looked at in the next pass.
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
    if (error.data === null && this.#remove(error, holder, key)) return true
    if (isRemovable(error)) return this.#options.canRemove && this.#drop(error, holder[key])
    const value = holder[key]
    const changed = this.#valueFor(error, value, this.#options.numbers.digitsOf(holder, key))
    if (changed === undefined || changed === value) return false
    holder[key] = changed
    this.#repairs.add('coercion')
    return true
  }

  /** What was meant instead; undefined when that is not known. */
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

  /** `null` for a field that may be left out means that it is left out. */
  #remove({ instancePath }: ErrorObject, holder: Holder, key: string): boolean {
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

  /** A field that the schema forbids, unless it may be the misspelt name of another. */
  #drop({ params, parentSchema }: ErrorObject, object: unknown): boolean {
    const name = (params['additionalProperty'] ?? params['unevaluatedProperty']) as string
    const declared = isNode(parentSchema?.['properties']) ? Object.keys(parentSchema['properties']) : []
    const names = params['unevaluatedProperty'] === undefined ? declared : ([...this.#check.names] as string[])
    if (!isNode(object) || resemblesAny(name, names)) return false
    delete object[name]
    this.#repairs.add('removal')
    return true
  }
}

/** Whether somebody who complains there means what this error says: of a union, also of a part of one of its branches. */
function concerns(error: ErrorObject, path: string): boolean {
  return isWithin(error.instancePath, path) || (isUnion(error) && isWithin(path, error.instancePath))
}

function isRemovable({ keyword }: ErrorObject): boolean {
  return keyword === 'additionalProperties' || keyword === 'unevaluatedProperties'
}

/** Misspelt, or with more words: `recipient_email` for `email`. */
function resemblesAny(name: string, declared: readonly string[]): boolean {
  const bare = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
  const has = (long: string, short: string) => short.length >= 3 && bare(long).includes(bare(short))
  return nearest(name, declared) !== undefined || declared.some((other) => has(name, other) || has(other, name))
}

type Holder = Record<string, unknown>

/** The object or list in which a value stands, and under which key. */
function placeOf(root: { value: unknown }, pointer: string): { holder: Holder; key: string } | undefined {
  let place: { holder: Holder; key: string } = { holder: root as Holder, key: 'value' }
  for (const key of keysOf(pointer)) {
    const holder = place.holder[place.key]
    if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, key)) return undefined
    place = { holder: holder as Holder, key }
  }
  return place
}
