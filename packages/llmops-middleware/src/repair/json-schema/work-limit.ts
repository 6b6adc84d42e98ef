/** More than schemas of tools need for a value that is small; each value in it may take some more. */
const COMPARISONS = 20_000
const COMPARISONS_FOR_EACH_VALUE = 20

/** Thrown where comparing a value with a schema would take too long. */
export class TooManyComparisonsError extends Error {}

/**
 * Limits how often a value is compared with parts of a schema: unions that refer to each other take exponentially many
 * comparisons, and nothing else could run meanwhile.
 */
export class WorkLimit {
  #left = COMPARISONS
  #value: unknown

  /** @param value that is compared from now on. */
  begin(value: unknown): void {
    this.#left = COMPARISONS
    this.#value = value
  }

  /** @throws TooManyComparisonsError */
  count(): void {
    if (--this.#left >= 0) return
    const value = this.#value
    this.#value = undefined
    this.#left += valuesIn(value) * COMPARISONS_FOR_EACH_VALUE
    if (this.#left < 0) throw new TooManyComparisonsError()
  }
}

/** At all depths. What is checked is neither large nor deep by then. */
function valuesIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  for (const member of Object.values(value)) count += 1 + valuesIn(member)
  return count
}
