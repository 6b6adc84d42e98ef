import { AttemptTimeoutError } from '../model/index.ts'
import { onAbort } from '../on-abort.ts'
import type { RouteSettings } from './options.ts'

/** The time limits of one attempt: its own signal, which also follows the call's, and the timers behind it. */
export class AttemptLimits {
  readonly #target: string
  readonly #controller = new AbortController()
  readonly #letGo: () => void
  readonly #settings: RouteSettings
  #silence: NodeJS.Timeout | undefined
  #isOpen = false
  readonly #total: NodeJS.Timeout

  constructor(target: string, isStream: boolean, callSignal: AbortSignal, settings: RouteSettings) {
    const { stream, timeoutMs } = settings
    this.#target = target
    this.#settings = settings
    this.#letGo = onAbort(callSignal, (reason) => this.#controller.abort(reason))
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
    this.#letGo()
  }

  #limit(limit: AttemptTimeoutError['limit'], timeoutMs: number): NodeJS.Timeout {
    return setTimeout(() => this.#controller.abort(new AttemptTimeoutError(this.#target, limit, timeoutMs)), timeoutMs)
  }
}
