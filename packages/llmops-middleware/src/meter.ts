import { AsyncLocalStorage } from 'node:async_hooks'
import { type Nanos, ZERO } from './usd.ts'

const storage = new AsyncLocalStorage<Meter>()

/** Counts only the model calls inside `run`, even while other calls run in the same task. */
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

/** Returns the meter of the current context, if any. */
export function currentMeter(): Meter | undefined {
  return storage.getStore()
}
