/** Eight buckets for each doubling, so that a value is exact to 4.5%. */
const STEPS_PER_DOUBLING = 8
/** Shorter durations count as this one. */
const SHORTEST_MS = 0.125
const OFFSET = Math.log2(SHORTEST_MS) * STEPS_PER_DOUBLING
/** Buckets up to 70 minutes. Longer durations count in the last bucket. */
const BUCKETS = 25 * STEPS_PER_DOUBLING + 1

/** Counts durations in buckets, so that percentiles can be read and two counts can be added. */
export class DurationCounts {
  readonly #counts = new Uint32Array(BUCKETS)
  #count = 0
  #sumMs = 0

  get meanMs(): number | null {
    return this.#count === 0 ? null : this.#sumMs / this.#count
  }

  add(durationMs: number): void {
    // NaN counts in the first bucket.
    const index = durationMs > SHORTEST_MS ? Math.round(Math.log2(durationMs) * STEPS_PER_DOUBLING - OFFSET) : 0
    this.#counts[Math.min(index, BUCKETS - 1)]!++
    this.#count++
    if (durationMs > 0) this.#sumMs += durationMs
  }

  addAll(other: DurationCounts): void {
    for (let index = 0; index < BUCKETS; index++) this.#counts[index]! += other.#counts[index]!
    this.#count += other.#count
    this.#sumMs += other.#sumMs
  }

  /** The duration that this share of all durations does not exceed; null without any. */
  percentileMs(share: number): number | null {
    if (this.#count === 0) return null
    let left = Math.ceil(share * this.#count)
    for (let index = 0; index < BUCKETS; index++) {
      left -= this.#counts[index]!
      if (left <= 0) return rounded(2 ** ((index + OFFSET) / STEPS_PER_DOUBLING))
    }
    return null
  }

  /** The sum and the buckets that are not 0, for a file. */
  toJSON(): readonly number[] {
    const pairs: number[] = [this.#sumMs]
    for (const [index, count] of this.#counts.entries()) if (count > 0) pairs.push(index, count)
    return pairs
  }

  static from([sumMs = 0, ...pairs]: readonly number[]): DurationCounts {
    const counts = new DurationCounts()
    counts.#sumMs = sumMs
    for (let at = 0; at + 1 < pairs.length; at += 2) {
      const index = Math.min(BUCKETS - 1, Math.max(0, Math.trunc(pairs[at]!)))
      counts.#counts[index]! += pairs[at + 1]!
      counts.#count += pairs[at + 1]!
    }
    return counts
  }
}

/** Rounds to three digits, which is more than the precision of the buckets. */
const rounded = (ms: number) => Number(ms.toPrecision(3))
