import { onAbort } from '../on-abort.ts'

/** Says that something which the place is for has been started; the place is taken until it has ended too. */
export type KeepPlace = (running: Promise<unknown>) => void

/**
 * Lets at most so many run at once; the rest wait in order, and leave with their signal. A place is handed to the first
 * who waits, so that nobody who comes later can take it, and is held until everything in it has ended, however late.
 */
export class ConcurrencyLimit {
  readonly #max: number
  readonly #waiting = new Set<() => void>()
  #taken = 0

  constructor(max: number) {
    this.#max = max
  }

  async run<T>(act: (keepPlace: KeepPlace) => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#taken < this.#max) this.#taken++
    else await this.#turn(signal)
    let running = 1
    const end = () => {
      if (--running === 0) this.#handOn()
    }
    try {
      return await act((started) => {
        running++
        started.then(end, end)
      })
    } finally {
      end()
    }
  }

  #handOn(): void {
    const [next] = this.#waiting
    if (next) next()
    else this.#taken--
  }

  /** Resolves with the place of somebody who ended. */
  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(start)
        letGo?.()
      }
      const start = () => {
        leave()
        resolve()
      }
      let letGo: (() => void) | undefined
      this.#waiting.add(start)
      letGo = onAbort(signal, (reason) => {
        leave()
        reject(reason)
      })
    })
  }
}
