/** Numbers that a seed gives, the same on every machine (mulberry32). */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 up to 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number, both ends included. */
  whole(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1))
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  /** The same, for what makes a bill smaller. */
  luck(probability: number): boolean {
    return this.chance(probability)
  }

  pick<T>(values: readonly T[]): T {
    return values[this.whole(0, values.length - 1)]!
  }
}

/** Whatever may make a bill larger happens, as much as it may. */
export class Misfortune extends Random {
  constructor() {
    super(0)
  }

  override chance(): boolean {
    return true
  }

  override luck(): boolean {
    return false
  }

  override whole(_from: number, to: number): number {
    return to
  }
}
