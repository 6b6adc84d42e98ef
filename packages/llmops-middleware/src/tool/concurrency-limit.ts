/** Lets at most so many run at once; the rest wait in order, and leave with their signal. */
export class ConcurrencyLimit {
  readonly #max: number
  readonly #waiting = new Set<() => void>()
  #running = 0

  constructor(max: number) {
    this.#max = max
  }

  async run<T>(act: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#running >= this.#max) await this.#turn(signal)
    this.#running++
    try {
      return await act()
    } finally {
      this.#running--
      const [next] = this.#waiting
      next?.()
    }
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(start)
        signal.removeEventListener('abort', abort)
      }
      const start = () => {
        leave()
        resolve()
      }
      const abort = () => {
        leave()
        reject(signal.reason)
      }
      this.#waiting.add(start)
      if (signal.aborted) abort()
      else signal.addEventListener('abort', abort, { once: true })
    })
  }
}
