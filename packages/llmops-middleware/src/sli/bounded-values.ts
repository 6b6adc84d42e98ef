/** What every value past the limit becomes. */
const OTHER = 'other'

const MAX_VALUE_LENGTH = 256

/**
 * Limits the values of an attribute to the first `limit`, then `other`. Tenants and reasons come from outside, and
 * every new value is a time series that costs money.
 */
export class BoundedValues {
  readonly #seen = new Set<string>()
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  bound(value: string): string {
    if (this.#seen.has(value)) return value
    if (this.#seen.size >= this.#limit || value.length > MAX_VALUE_LENGTH) return OTHER
    this.#seen.add(value)
    return value
  }
}
