import { onAbort } from '../on-abort.ts'

/** The place of a call among those that run at once. */
export type Place = {
  /**
   * Called before each function: undefined when it may start now. Else one that was started before still runs and keeps
   * the place, and another place has to be waited for.
   */
  next(signal: AbortSignal): Promise<void> | undefined
  /** Says that a function was started; the place is taken until it has ended too, however late. */
  keep(running: PromiseLike<unknown>): void
}

/**
 * Lets at most so many functions run at once. Calls wait in order, and leave with their signal; one that has begun and
 * needs another place goes before those that have not. A place is handed to the first who waits, so that nobody who comes
 * later can take it.
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
      handOn: () => this.#handOn(),
    })
    try {
      return await act(place)
    } finally {
      place.leave()
    }
  }

  #handOn(): void {
    const [next] = this.#begun.size > 0 ? this.#begun : this.#waiting
    if (next) next()
    else this.#taken--
  }

  /** Resolves with a place: one that is free, or that of somebody who ended. */
  async #turn(line: Set<() => void>, signal: AbortSignal): Promise<void> {
    if (this.#taken < this.#max) {
      this.#taken++
      return
    }
    await new Promise<void>((resolve, reject) => {
      const leave = () => {
        line.delete(start)
        letGo?.()
      }
      const start = () => {
        leave()
        resolve()
      }
      let letGo: (() => void) | undefined
      line.add(start)
      letGo = onAbort(signal, (reason) => {
        leave()
        reject(reason)
      })
    })
  }
}

type Limit = { turn(signal: AbortSignal): Promise<void>; handOn(): void }

/** Who is in a place: the call, and the functions that it has started there. */
class Occupants {
  readonly #handOn: () => void
  #count = 1

  constructor(handOn: () => void) {
    this.#handOn = handOn
  }

  get isCallAlone(): boolean {
    return this.#count === 1
  }

  enter(): void {
    this.#count++
  }

  leave(): void {
    if (--this.#count === 0) this.#handOn()
  }
}

class CallPlace implements Place {
  readonly #limit: Limit
  /** Undefined while the call waits for another place. */
  #occupants: Occupants | undefined

  constructor(limit: Limit) {
    this.#limit = limit
    this.#occupants = new Occupants(limit.handOn)
  }

  next(signal: AbortSignal): Promise<void> | undefined {
    return this.#occupants?.isCallAlone ? undefined : this.#move(signal)
  }

  async #move(signal: AbortSignal): Promise<void> {
    this.leave()
    await this.#limit.turn(signal)
    if (signal.aborted) {
      // Since then: the function will not start, and the call has gone on.
      this.#limit.handOn()
      throw signal.reason
    }
    this.#occupants = new Occupants(this.#limit.handOn)
  }

  keep(running: PromiseLike<unknown>): void {
    const occupants = this.#occupants!
    const end = () => occupants.leave()
    occupants.enter()
    running.then(end, end)
  }

  leave(): void {
    this.#occupants?.leave()
    this.#occupants = undefined
  }
}
