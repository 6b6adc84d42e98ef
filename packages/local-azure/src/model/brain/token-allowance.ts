/** What may still be generated. It remembers whether more was wanted. */
export class TokenAllowance {
  readonly #limit: number
  taken = 0
  isExceeded = false

  constructor(limit: number) {
    this.#limit = limit
  }

  take(tokens: readonly string[]): readonly string[] {
    return tokens.slice(0, this.takeUpTo(tokens.length))
  }

  takeUpTo(wanted: number): number {
    const granted = Math.min(wanted, this.#limit - this.taken)
    this.taken += granted
    if (granted < wanted) this.isExceeded = true
    return granted
  }
}
