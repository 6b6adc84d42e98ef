import { AttemptTimeoutError } from '../model/index.ts'
import type { RouteSettings } from './options.ts'

/** The time limits of one attempt: its own signal, which also follows the call's, and the timers behind it. */
export class AttemptLimits {
  readonly #target: string
  readonly #controller = new AbortController()
  readonly #callSignal: AbortSignal
  readonly #onAbort = () => this.#controller.abort(this.#callSignal.reason)
  readonly #settings: RouteSettings
  #silence: NodeJS.Timeout | undefined
  #isOpen = false
  readonly #total: NodeJS.Timeout

  constructor(target: string, isStream: boolean, callSignal: AbortSignal, settings: RouteSettings) {
    const { stream, timeoutMs } = settings
    this.#target = target
    this.#callSignal = callSignal
    this.#settings = settings
    if (callSignal.aborted) this.#onAbort()
    else callSignal.addEventListener('abort', this.#onAbort, { once: true })
    this.#total = isStream ? this.#limit('total', stream.totalMs) : this.#limit('answer', timeoutMs)
    if (isStream) this.#silence = this.#limit('first_token', stream.firstTokenMs)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** From the first event on the time between events counts. */
  event(): void {
    if (this.#isOpen) return void this.#silence?.refresh()
    this.#isOpen = true
    clearTimeout(this.#silence)
    this.#silence = this.#limit('idle', this.#settings.stream.idleMs)
  }

  end(): void {
    clearTimeout(this.#silence)
    clearTimeout(this.#total)
    this.#callSignal.removeEventListener('abort', this.#onAbort)
  }

  #limit(limit: AttemptTimeoutError['limit'], timeoutMs: number): NodeJS.Timeout {
    return setTimeout(() => this.#controller.abort(new AttemptTimeoutError(this.#target, limit, timeoutMs)), timeoutMs)
  }
}
