/**
 * A map of the newest entries: at least half of so many, at most all. It forgets half of them at once, the older ones, so
 * that no entry costs more than another.
 */
export class RecentMap<Value> {
  readonly #half: number
  #newer = new Map<string, Value>()
  #older: ReadonlyMap<string, Value> | undefined

  constructor(max: number) {
    this.#half = Math.ceil(max / 2)
  }

  get(key: string): Value | undefined {
    return this.#newer.get(key) ?? this.#older?.get(key)
  }

  set(key: string, value: Value): void {
    if (this.#newer.size >= this.#half && !this.#newer.has(key)) {
      this.#older = this.#newer
      this.#newer = new Map()
    }
    this.#newer.set(key, value)
  }
}
