import type { Clock } from './clock.ts'

type Sleeper = { wakesAt: number; wake: () => void }

/** A clock on which time passes only through `advance`, and sleepers wake in order. */
export class ManualClock implements Clock {
  #now: number
  #sleepers: Sleeper[] = []
  readonly #working = new Set<Promise<unknown>>()

  constructor(startsAt: number = Date.UTC(2026, 0, 5, 9)) {
    this.#now = startsAt
  }

  now(): number {
    return this.#now
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason)
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper)
        reject(signal?.reason)
      }
      const wake = () => {
        signal?.removeEventListener('abort', abort)
        resolve()
      }
      const sleeper = { wakesAt: this.#now + milliseconds, wake }
      this.#sleepers.push(sleeper)
      signal?.addEventListener('abort', abort, { once: true })
    })
  }

  async pauseDuring<T>(work: () => Promise<T>): Promise<T> {
    const working = work()
    this.#working.add(working)
    try {
      return await working
    } finally {
      this.#working.delete(working)
    }
  }

  /** The time until the first sleeper wakes; undefined if there is none. */
  get untilNextWakeMs(): number | undefined {
    const next = this.#sleepers.toSorted(byTime)[0]
    return next === undefined ? undefined : next.wakesAt - this.#now
  }

  /**
   * Lets time pass. It stops at the time of each sleeper, so that code after the sleep sees that time, and waits there
   * for the work that pauses the clock.
   */
  async advance(milliseconds: number): Promise<void> {
    const until = this.#now + milliseconds
    for (;;) {
      await settle()
      if (this.#working.size > 0) {
        await Promise.allSettled(this.#working)
        continue
      }
      const next = this.#sleepers.filter((sleeper) => sleeper.wakesAt <= until).sort(byTime)[0]
      if (next === undefined) break
      this.#sleepers = this.#sleepers.filter((sleeper) => sleeper !== next)
      this.#now = Math.max(this.#now, next.wakesAt)
      next.wake()
    }
    this.#now = until
  }
}

function byTime(a: Sleeper, b: Sleeper): number {
  return a.wakesAt - b.wakesAt
}

/** Waits until all settled promises have been handled. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
