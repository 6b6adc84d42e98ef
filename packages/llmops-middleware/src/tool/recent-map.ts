/**
 * A map that has the newest entries: at most `max` of them, at least half of `max`. It drops the older half at once, so
 * that every `set` costs the same.
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
