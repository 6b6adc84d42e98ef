/** One line of a bench: a value, its baseline, and their ratio. */
export type BenchRow = {
  readonly name: string
  /** With its unit. */
  readonly value: string
  readonly baseline?: string
  /** value / baseline, or as the name says. */
  readonly ratio?: number
  /** Between which ratios the middle half of the rounds lay. */
  readonly middleHalf?: readonly [number, number]
  readonly bound?: string
}
