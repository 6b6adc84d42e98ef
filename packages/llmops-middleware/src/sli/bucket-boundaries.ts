/** Histogram boundaries that double from `first`, without the noise of repeated multiplication. */
export function doubling(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => Number((first * 2 ** index).toPrecision(12)))
}

/** Histogram boundaries that quadruple from `first`, as the GenAI conventions require for tokens. */
export function quadrupling(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first * 4 ** index)
}
