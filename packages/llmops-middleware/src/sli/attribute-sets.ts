import type { Attributes } from '@opentelemetry/api'
import type { BoundedValues } from './bounded-values.ts'

export type Dimension = { readonly name: string; readonly values: BoundedValues }

/** Sets of one or two attributes. Each combination is created once, so that recording allocates nothing. */
export class AttributeSets {
  readonly #first: Dimension
  readonly #second: Dimension | undefined
  readonly #fixed: Attributes
  readonly #sets = new Map<string, Map<string, Attributes>>()

  constructor(first: Dimension, second?: Dimension, fixed: Attributes = {}) {
    this.#first = first
    this.#second = second
    this.#fixed = fixed
  }

  get(first: string, second = ''): Attributes {
    return this.#sets.get(first)?.get(second) ?? this.#admit(first, second)
  }

  #admit(first: string, second: string): Attributes {
    const firstValue = this.#first.values.bound(first)
    const secondValue = this.#second?.values.bound(second) ?? ''
    const sets = this.#sets.get(firstValue) ?? new Map<string, Attributes>()
    this.#sets.set(firstValue, sets)
    const known = sets.get(secondValue)
    if (known) return known
    const attributes = {
      ...this.#fixed,
      [this.#first.name]: firstValue,
      ...(this.#second && { [this.#second.name]: secondValue }),
    }
    sets.set(secondValue, attributes)
    return attributes
  }
}
