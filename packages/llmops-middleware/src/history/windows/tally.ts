import { NamedFigures } from './named-figures.ts'

/** Counts by name. */
export class Tally {
  readonly #counts: NamedFigures<{ count: number }>

  constructor(most: number) {
    this.#counts = new NamedFigures(most, () => ({ count: 0 }))
  }

  add(name: string, count = 1): void {
    this.#counts.of(name).count += count
  }

  addAll(other: Tally): void {
    for (const [name, count] of other.toJSON()) this.add(name, count)
  }

  /** The names with their counts, largest count first. */
  get sorted(): readonly (readonly [string, number])[] {
    return [...this.toJSON()].sort(([, a], [, b]) => b - a)
  }

  toJSON(): readonly (readonly [string, number])[] {
    return this.#counts.entries.map(([name, { count }]) => [name, count] as const)
  }
}
