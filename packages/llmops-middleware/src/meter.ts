import { AsyncLocalStorage } from 'node:async_hooks'
import { type Nanos, ZERO } from './usd.ts'

const storage = new AsyncLocalStorage<Meter>()

/**
 * Counts what the model calls of one piece of work use, and no others: also while others run in the same task, and outside
 * of any task.
 */
export class Meter {
  readonly #outer = storage.getStore()
  tokens = 0
  costNanos: Nanos = ZERO

  /** Runs a function whose model calls are counted here. */
  run<T>(act: () => T): T {
    return storage.run(this, act)
  }

  count(tokens: number, costNanos: Nanos): void {
    this.tokens += tokens
    // Sums of whole nano-USD are whole.
    this.costNanos = (this.costNanos + costNanos) as Nanos
    this.#outer?.count(tokens, costNanos)
  }
}

/** The one that the calling code runs in, if any. */
export function currentMeter(): Meter | undefined {
  return storage.getStore()
}
