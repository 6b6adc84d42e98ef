import { onAbort } from '../on-abort.ts'

/** The place of a call among the calls that run at once. */
export type Place = {
  /**
   * Call it before each function. Returns undefined if the function may start now. Returns a promise if an earlier
   * function of the call still runs in this place, so that the call has to wait for another one.
   */
  next(signal: AbortSignal): Promise<void> | undefined
  /** Call it when a function was started. The place is taken until the function has ended, however late. */
  occupy(running: PromiseLike<unknown>): void
}

/**
 * Lets at most `max` functions run at once. Calls wait in order, until their signal is aborted. A call that has begun
 * and needs another place goes before calls that have not. A free place is passed to the first call in line, so that a
 * later call cannot take it.
 */
export class ConcurrencyLimit {
  readonly #max: number
  readonly #begun = new Set<() => void>()
  readonly #waiting = new Set<() => void>()
  #taken = 0

  constructor(max: number) {
    this.#max = max
  }

  async run<T>(act: (place: Place) => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#turn(this.#waiting, signal)
    const place = new CallPlace({
      turn: (signal) => this.#turn(this.#begun, signal),
      passOn: () => this.#passOn(),
    })
    try {
      return await act(place)
    } finally {
      place.leave()
    }
  }

  #passOn(): void {
    const [next] = this.#begun.size > 0 ? this.#begun : this.#waiting
    if (next) next()
    else this.#taken--
  }

  /** Resolves when the caller has a place: a free one, or one passed on by a call that ended. */
  async #turn(line: Set<() => void>, signal: AbortSignal): Promise<void> {
    if (this.#taken < this.#max) {
      this.#taken++
      return
    }
    await new Promise<void>((resolve, reject) => {
      const leave = () => {
        line.delete(start)
        removeAbortListener?.()
      }
      const start = () => {
        leave()
        resolve()
      }
      let removeAbortListener: (() => void) | undefined
      line.add(start)
      removeAbortListener = onAbort(signal, (reason) => {
        leave()
        reject(reason)
      })
    })
  }
}

type Limit = { turn(signal: AbortSignal): Promise<void>; passOn(): void }

/** The users of one place: the call, and the functions that it has started there. */
class PlaceUsers {
  readonly #passOn: () => void
  #count = 1

  constructor(passOn: () => void) {
    this.#passOn = passOn
  }

  get isCallAlone(): boolean {
    return this.#count === 1
  }

  enter(): void {
    this.#count++
  }

  leave(): void {
    if (--this.#count === 0) this.#passOn()
  }
}

class CallPlace implements Place {
  readonly #limit: Limit
  /** Undefined while the call waits for another place. */
  #users: PlaceUsers | undefined

  constructor(limit: Limit) {
    this.#limit = limit
    this.#users = new PlaceUsers(limit.passOn)
  }

  next(signal: AbortSignal): Promise<void> | undefined {
    return this.#users?.isCallAlone ? undefined : this.#move(signal)
  }

  async #move(signal: AbortSignal): Promise<void> {
    this.leave()
    await this.#limit.turn(signal)
    if (signal.aborted) {
      // The call was aborted meanwhile, so the function will not start.
      this.#limit.passOn()
      throw signal.reason
    }
    this.#users = new PlaceUsers(this.#limit.passOn)
  }

  occupy(running: PromiseLike<unknown>): void {
    const users = this.#users!
    const end = () => users.leave()
    users.enter()
    running.then(end, end)
  }

  leave(): void {
    this.#users?.leave()
    this.#users = undefined
  }
}
