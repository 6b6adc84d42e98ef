import type { ServerResponse } from 'node:http'
import { DrainingError } from './draining-error.ts'
import { OverloadedError } from './overloaded-error.ts'

const RETRY_AFTER_SECONDS = 1
/** The time that an aborted request has to send its error. A client that does not read it is cut off. */
const ABORT_RESPONSE_MS = 1000

/** Counts the running requests, refuses those above the limit, and waits for the rest when the process stops. */
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
   * Admits a request. It counts as running until its last byte is sent or its caller has disconnected.
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

  /** Calls `abort` if the drain times out before the response has ended. */
  onDeadline(response: ServerResponse, abort: (reason: unknown) => void): void {
    const { signal } = this.#deadline
    const listener = () => abort(signal.reason)
    signal.addEventListener('abort', listener, { once: true })
    response.once('close', () => signal.removeEventListener('abort', listener))
  }

  /**
   * Refuses new requests and waits for the running ones. After `timeoutMs` it aborts those that are left, and waits
   * `ABORT_RESPONSE_MS` more for their responses.
   */
  async drain(timeoutMs: number): Promise<void> {
    this.#isDraining = true
    if (this.#running === 0) return
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.#onIdle.push(resolve)
      timer = setTimeout(() => {
        this.#deadline.abort(new DrainingError())
        timer = setTimeout(resolve, ABORT_RESPONSE_MS)
      }, timeoutMs)
    })
    clearTimeout(timer)
  }
}
