import { onAbort } from '../on-abort.ts'
import type { MaybePromise } from '../pipeline.ts'
import type { Timing } from '../timing.ts'
import { type Nanos, ZERO } from '../usd.ts'

/** How often the ledger is asked for holds that other processes released. */
const RETRY_MS = 50
/** Several calls are tried, because a later call may need less money than the first. */
const TRIED_AT_ONCE = 4

/** What a queue must know of an admission: whether it holds money, and whether waiting can help. */
type Attempt =
  | { readonly granted: true; end(amountNanos: Nanos): MaybePromise<void> }
  | { readonly granted: false; readonly reason: string }

type Waiter<Admission> = {
  readonly tryAgain: () => Promise<Admission>
  readonly end: (admission: Admission | undefined) => void
  readonly fail: (reason: unknown) => void
  /** While it asks the ledger its time limit must wait, because the money it may get then has to be released first. */
  isTrying: boolean
  /** Its time limit has passed. */
  isLate: boolean
}

/**
 * Calls of this process that wait until open holds on an account are released, first come first served. Only the first few
 * of them ask the ledger.
 */
export class WaitQueue<Admission extends Attempt> {
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

  /** Resolves to undefined when `waitMs` are over and holds still block the call. @throws the reason of the signal. */
  wait(
    tryAgain: Waiter<Admission>['tryAgain'],
    waitMs: number,
    signal: AbortSignal | undefined,
  ): Promise<Admission | undefined> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        stopTimer()
        removeAbortListener?.()
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
      const onTimeout = () => {
        waiter.isLate = true
        if (!waiter.isTrying) waiter.end(undefined)
      }
      const stopTimer = this.#after(onTimeout, waitMs)
      this.#waiters.add(waiter)
      let removeAbortListener: (() => void) | undefined
      removeAbortListener = onAbort(signal, (reason) => waiter.fail(reason))
      this.#stopTimer ??= this.#retryLater()
    })
  }

  /** Tries again now: money was released, or may have been. */
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
    this.#stopTimer = this.#waiters.size > 0 ? this.#retryLater() : undefined
  }

  #retryLater(): () => void {
    return this.#after(() => this.wake(), RETRY_MS)
  }

  /** Returns whether the waiter is done, so that the next one may be tried. */
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

/** One queue for each account that calls wait for. */
export class WaitQueues<Admission extends Attempt> {
  readonly #after: Timing['after']
  readonly #queues = new Map<string, WaitQueue<Admission>>()

  constructor(after: Timing['after']) {
    this.#after = after
  }

  get size(): number {
    return this.#queues.size
  }

  queueFor(account: string): WaitQueue<Admission> {
    let queue = this.#queues.get(account)
    if (queue === undefined) {
      queue = new WaitQueue(this.#after, () => this.#queues.delete(account))
      this.#queues.set(account, queue)
    }
    return queue
  }

  wake(accounts: readonly { readonly account: string }[]): void {
    for (const { account } of accounts) this.#queues.get(account)?.wake()
  }

  wakeAll(): void {
    for (const queue of this.#queues.values()) queue.wake()
  }
}
