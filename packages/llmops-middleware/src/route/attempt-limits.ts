import type { ModelCall } from '../model/index.ts'
import { onAbort } from '../on-abort.ts'
import type { Timing } from '../timing.ts'
import { AttemptTimeoutError } from './attempt-timeout-error.ts'
import type { RouteSettings } from './options.ts'

type Limit = AttemptTimeoutError['limit']

/** The time limits of one attempt. Its signal is aborted by them, and by the signal of the call. */
export class AttemptLimits {
  readonly #target: string
  readonly #controller = new AbortController()
  readonly #removeAbortListener: () => void
  readonly #settings: RouteSettings
  readonly #timing: Timing
  #stopSilence: (() => void) | undefined
  /** Undefined before the first piece. */
  #lastPieceMs: number | undefined
  readonly #stopTotal: () => void

  constructor(target: string, { isStream, signal }: ModelCall, settings: RouteSettings, timing: Timing) {
    const { stream, timeoutMs } = settings
    this.#target = target
    this.#settings = settings
    this.#timing = timing
    this.#removeAbortListener = onAbort(signal, (reason) => this.#controller.abort(reason))
    this.#stopTotal = isStream ? this.#limit('total', stream.totalMs) : this.#limit('answer', timeoutMs)
    if (isStream) this.#stopSilence = this.#limit('first_token', stream.firstTokenMs)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Restarts the idle limit with each piece. A comment that keeps the connection alive is a piece too. */
  piece(): void {
    const isFirst = this.#lastPieceMs === undefined
    this.#lastPieceMs = this.#timing.monotonicMs()
    if (!isFirst) return
    this.#stopSilence?.()
    this.#watchSilence(this.#settings.stream.idleMs)
  }

  end(): void {
    this.#stopSilence?.()
    this.#stopTotal()
    this.#removeAbortListener()
  }

  /** One timer for all pieces. When it fires, it checks when the last piece came. */
  #watchSilence(afterMs: number): void {
    const { idleMs } = this.#settings.stream
    this.#stopSilence = this.#timing.after(() => {
      const silentMs = this.#timing.monotonicMs() - this.#lastPieceMs!
      if (silentMs >= idleMs) this.#pass('idle', idleMs)
      else this.#watchSilence(idleMs - silentMs)
    }, afterMs)
  }

  #limit(limit: Limit, timeoutMs: number): () => void {
    return this.#timing.after(() => this.#pass(limit, timeoutMs), timeoutMs)
  }

  #pass(limit: Limit, timeoutMs: number): void {
    this.#controller.abort(new AttemptTimeoutError(this.#target, limit, timeoutMs))
  }
}
