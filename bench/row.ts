/** One line of a bench: a value, its baseline, and their ratio. */
export type BenchRow = {
  readonly name: string
  /** The value with its unit. */
  readonly value: string
  readonly baseline?: string
  /** value / baseline, unless the name says otherwise. */
  readonly ratio?: number
  /** The range of the middle half of the rounds' ratios. */
  readonly middleHalf?: readonly [number, number]
  readonly bound?: string
}
