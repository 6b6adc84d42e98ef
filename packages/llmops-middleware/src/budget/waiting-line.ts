import { onAbort } from '../on-abort.ts'
import type { MaybePromise } from '../pipeline.ts'
import type { Timing } from '../timing.ts'
import { type Nanos, ZERO } from '../usd.ts'

/** Between two looks at what other processes gave back. */
const LOOK_AGAIN_MS = 50
/** Behind a call that needs much may stand one that needs little. */
const TRIED_AT_ONCE = 4

/** What a line must know of an answer: whether it holds money, and whether waiting can help. */
type Answer =
  | { readonly granted: true; end(amountNanos: Nanos): MaybePromise<void> }
  | { readonly granted: false; readonly reason: string }

type Waiter<Admission> = {
  readonly tryAgain: () => Promise<Admission>
  readonly end: (admission: Admission | undefined) => void
  readonly fail: (reason: unknown) => void
  /** Its try is under way: what that holds must not be in the way of what its caller does next. */
  isTrying: boolean
  isLate: boolean
}

/**
 * Calls of this process that wait until open holds on an account give money back, first come first served. However many
 * wait, only the first few ask the ledger.
 */
export class WaitingLine<Admission extends Answer> {
  readonly #waiters = new Set<Waiter<Admission>>()
  readonly #after: Timing['after']
  readonly #onEmpty: () => void
  #stopTimer: (() => void) | undefined
  #isTrying = false
  #isWoken = false

  constructor(after: Timing['after'], onEmpty: () => void) {
    this.#after = after
    this.#onEmpty = onEmpty
  }

  /** Undefined when its time is over and the holds are still in the way. @throws the reason of the signal. */
  wait(
    tryAgain: Waiter<Admission>['tryAgain'],
    waitMs: number,
    signal: AbortSignal | undefined,
  ): Promise<Admission | undefined> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        stopTimer()
        letGo?.()
        this.#waiters.delete(waiter)
        if (this.#waiters.size === 0) this.#close()
      }
      const waiter: Waiter<Admission> = {
        tryAgain,
        end: (admission) => {
          leave()
          resolve(admission)
        },
        fail: (reason) => {
          leave()
          reject(reason)
        },
        isTrying: false,
        isLate: false,
      }
      const giveUp = () => {
        waiter.isLate = true
        if (!waiter.isTrying) waiter.end(undefined)
      }
      const stopTimer = this.#after(giveUp, waitMs)
      this.#waiters.add(waiter)
      let letGo: (() => void) | undefined
      letGo = onAbort(signal, (reason) => waiter.fail(reason))
      this.#stopTimer ??= this.#lookAgain()
    })
  }

  /** Money came back, or may have. */
  wake(): void {
    this.#isWoken = true
    if (!this.#isTrying) void this.#tryTheFirst()
  }

  async #tryTheFirst(): Promise<void> {
    this.#isTrying = true
    while (this.#isWoken) {
      this.#isWoken = false
      for (const waiter of [...this.#waiters].slice(0, TRIED_AT_ONCE)) if (await this.#try(waiter)) this.#isWoken = true
    }
    this.#isTrying = false
    this.#stopTimer?.()
    this.#stopTimer = this.#waiters.size > 0 ? this.#lookAgain() : undefined
  }

  #lookAgain(): () => void {
    return this.#after(() => this.wake(), LOOK_AGAIN_MS)
  }

  /** Whether the waiter is served: then the next may be too. */
  async #try(waiter: Waiter<Admission>): Promise<boolean> {
    try {
      waiter.isTrying = true
      const admission = await waiter.tryAgain()
      waiter.isTrying = false
      const hasLeft = !this.#waiters.has(waiter)
      if (admission.granted && hasLeft) await admission.end(ZERO)
      if (hasLeft) return false
      if (!admission.granted && admission.reason === 'held') {
        if (waiter.isLate) waiter.end(undefined)
        return false
      }
      waiter.end(admission)
    } catch (error) {
      waiter.fail(error)
    }
    return true
  }

  #close(): void {
    this.#stopTimer?.()
    this.#stopTimer = undefined
    this.#onEmpty()
  }
}

/** A line for each account that calls wait for. */
export class WaitingLines<Admission extends Answer> {
  readonly #after: Timing['after']
  readonly #lines = new Map<string, WaitingLine<Admission>>()

  constructor(after: Timing['after']) {
    this.#after = after
  }

  get size(): number {
    return this.#lines.size
  }

  lineFor(account: string): WaitingLine<Admission> {
    let line = this.#lines.get(account)
    if (line === undefined) {
      line = new WaitingLine(this.#after, () => this.#lines.delete(account))
      this.#lines.set(account, line)
    }
    return line
  }

  wake(accounts: readonly { readonly account: string }[]): void {
    for (const { account } of accounts) this.#lines.get(account)?.wake()
  }

  wakeAll(): void {
    for (const line of this.#lines.values()) line.wake()
  }
}
