import { onAbort } from '../on-abort.ts'
import type { Admission } from './admission.ts'

/** Between two looks at what other processes gave back. */
const LOOK_AGAIN_MS = 50
/** Behind a call that needs much may stand one that needs little. */
const TRIED_AT_ONCE = 4

type Waiter = {
  readonly tryAgain: () => Promise<Admission> | Admission
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
export class WaitingLine {
  readonly #waiters = new Set<Waiter>()
  readonly #onEmpty: () => void
  #timer: NodeJS.Timeout | undefined
  #isTrying = false
  #isWoken = false

  constructor(onEmpty: () => void) {
    this.#onEmpty = onEmpty
  }

  /** Undefined when its time is over and the holds are still in the way. @throws the reason of the signal. */
  wait(tryAgain: Waiter['tryAgain'], waitMs: number, signal: AbortSignal | undefined): Promise<Admission | undefined> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timeout)
        letGo?.()
        this.#waiters.delete(waiter)
        if (this.#waiters.size === 0) this.#close()
      }
      const waiter: Waiter = {
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
      const timeout = setTimeout(giveUp, waitMs)
      this.#waiters.add(waiter)
      let letGo: (() => void) | undefined
      letGo = onAbort(signal, (reason) => waiter.fail(reason))
      this.#timer ??= setTimeout(() => this.wake(), LOOK_AGAIN_MS)
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
    clearTimeout(this.#timer)
    this.#timer = this.#waiters.size > 0 ? setTimeout(() => this.wake(), LOOK_AGAIN_MS) : undefined
  }

  /** Whether the waiter is served: then the next may be too. */
  async #try(waiter: Waiter): Promise<boolean> {
    try {
      waiter.isTrying = true
      const admission = await waiter.tryAgain()
      waiter.isTrying = false
      const hasLeft = !this.#waiters.has(waiter)
      if (admission.granted && hasLeft) await admission.release()
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
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#onEmpty()
  }
}

/** A line for each account that calls wait for. */
export class WaitingLines {
  readonly #lines = new Map<string, WaitingLine>()

  get size(): number {
    return this.#lines.size
  }

  lineFor(account: string): WaitingLine {
    let line = this.#lines.get(account)
    if (line === undefined) {
      line = new WaitingLine(() => this.#lines.delete(account))
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
