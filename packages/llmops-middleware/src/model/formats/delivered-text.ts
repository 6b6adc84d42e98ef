const BYTES_PER_TOKEN = 4

/** Counts what a stream has delivered, for an answer whose usage never comes: its pieces, or more if they were long. */
export class DeliveredText {
  #pieces = 0
  #length = 0

  add(length: number): void {
    if (length <= 0) return
    this.#pieces++
    this.#length += length
  }

  /** Providers send about a token a piece; where they send more, four bytes are one. */
  get tokens(): number {
    return Math.max(this.#pieces, Math.ceil(this.#length / BYTES_PER_TOKEN))
  }
}
