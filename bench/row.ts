/** One line of a bench: a value, what it is held against, and how often the one is the other. */
export type BenchRow = {
  readonly name: string
  /** With its unit. */
  readonly value: string
  readonly baseline?: string
  /** value / baseline, or as the name says. */
  readonly ratio?: number
  readonly bound?: string
}
