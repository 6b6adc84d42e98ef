/** A map of bounded size: what was not asked for the longest leaves first. */
export class LeastRecentlyUsed<Key, Value> {
  readonly #max: number
  /** In the order in which they were asked for. */
  readonly #entries = new Map<Key, Value>()

  constructor(max: number) {
    this.#max = max
  }

  get(key: Key): Value | undefined {
    const value = this.#entries.get(key)
    if (value !== undefined) this.set(key, value)
    return value
  }

  set(key: Key, value: Value): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size > this.#max) this.#entries.delete(this.#entries.keys().next().value as Key)
  }
}
