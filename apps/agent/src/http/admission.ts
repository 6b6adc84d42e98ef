import type { ServerResponse } from 'node:http'
import { DrainingError } from './draining-error.ts'
import { OverloadedError } from './overloaded-error.ts'

const RETRY_AFTER_SECONDS = 1
/** What was aborted has so long to say so; who does not read that is cut off. */
const LAST_WORDS_MS = 1000

/** Counts the requests that run: refuses more than it should take, and waits for the rest when the process stops. */
export class Admission {
  readonly #maxConcurrentTasks: number
  readonly #deadline = new AbortController()
  readonly #onIdle: (() => void)[] = []
  #running = 0
  #isDraining = false

  constructor(maxConcurrentTasks: number) {
    this.#maxConcurrentTasks = maxConcurrentTasks
  }

  get running(): number {
    return this.#running
  }

  get isDraining(): boolean {
    return this.#isDraining
  }

  /**
   * Lets a request in; it counts until its last byte is sent or its caller has left.
   *
   * @throws OverloadedError, DrainingError
   */
  admit(response: ServerResponse): void {
    if (this.#isDraining) throw new DrainingError()
    if (this.#running >= this.#maxConcurrentTasks) throw new OverloadedError(this.#running, RETRY_AFTER_SECONDS)
    this.#running += 1
    response.once('close', () => {
      this.#running -= 1
      if (this.#running === 0) for (const resolve of this.#onIdle.splice(0)) resolve()
    })
  }

  /** Calls back when the time to drain is over before the response is. */
  onDeadline(response: ServerResponse, abort: (reason: unknown) => void): void {
    const { signal } = this.#deadline
    const listener = () => abort(signal.reason)
    signal.addEventListener('abort', listener, { once: true })
    response.once('close', () => signal.removeEventListener('abort', listener))
  }

  /** Lets nobody in, waits for who is, aborts what is left after `timeoutMs`, and waits no longer for who does not read. */
  async drain(timeoutMs: number): Promise<void> {
    this.#isDraining = true
    if (this.#running === 0) return
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.#onIdle.push(resolve)
      timer = setTimeout(() => {
        this.#deadline.abort(new DrainingError())
        timer = setTimeout(resolve, LAST_WORDS_MS)
      }, timeoutMs)
    })
    clearTimeout(timer)
  }
}
