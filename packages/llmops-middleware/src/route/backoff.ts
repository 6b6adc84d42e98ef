import { onAbort } from '../on-abort.ts'
import type { Timing } from '../timing.ts'

const LONGEST_MS = 8000

/**
 * Growing, random waits: each is between the first one and three times the previous one (decorrelated jitter,
 * aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter).
 */
export class Backoff {
  readonly #firstMs: number
  readonly #random: () => number
  #lastMs: number

  constructor(firstMs: number, random: () => number) {
    this.#firstMs = firstMs
    this.#random = random
    this.#lastMs = firstMs
  }

  nextMs(): number {
    const span = Math.max(0, this.#lastMs * 3 - this.#firstMs)
    this.#lastMs = Math.min(LONGEST_MS, this.#firstMs + this.#random() * span)
    return this.#lastMs
  }
}

/** Waits, or throws the signal's reason as soon as it is aborted. */
export function wait(milliseconds: number, signal: AbortSignal, { after }: Timing): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = after(() => {
      removeAbortListener()
      resolve()
    }, milliseconds)
    const removeAbortListener = onAbort(signal, (reason) => {
      stop()
      reject(reason)
    })
  })
}
