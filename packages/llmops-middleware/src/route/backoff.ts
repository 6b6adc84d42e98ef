import { setTimeout as delay } from 'node:timers/promises'

const LONGEST_MS = 8000

/**
 * Waits that grow and do not march in step: each is between the first and three times the one before (decorrelated
 * jitter, aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter).
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
export async function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(milliseconds, undefined, { signal })
  } catch {
    throw signal.reason
  }
}
