import { onAbort } from '../on-abort.ts'

export type ReadinessOptions = {
  /** Rejects, or resolves to false, when the service is not ready. The signal is aborted when it takes too long. */
  readonly check: (signal: AbortSignal) => Promise<unknown>
  /** Milliseconds from the start of a run for which its result is valid. */
  readonly intervalMs: number
  /** Returns the same for the result that the service is not ready. */
  readonly notReadyIntervalMs: (error: unknown) => number
  readonly timeoutMs: number
  /** Epoch milliseconds. */
  readonly now: () => number
}

export type ReadinessAnswer = {
  readonly isReady: boolean
  readonly checkedAtMs: number
  /** Epoch milliseconds from which on the check runs again. */
  readonly goodUntilMs: number
  readonly error?: unknown
}

/** Runs a check that may cost money at most once per interval. All other requests get its last result. */
export class Readiness {
  readonly #options: ReadinessOptions
  #running: Promise<ReadinessAnswer> | undefined
  #latest: ReadinessAnswer | undefined

  constructor(options: ReadinessOptions) {
    this.#options = options
  }

  /** @param anew whether to ignore the last result; a run in progress is still used */
  async ask(anew = false): Promise<ReadinessAnswer> {
    if (this.#running) return this.#running
    if (!anew && this.#latest && isGood(this.#latest, this.#options.now())) return this.#latest
    this.#running = this.#run()
    try {
      this.#latest = await this.#running
      return this.#latest
    } finally {
      this.#running = undefined
    }
  }

  async #run(): Promise<ReadinessAnswer> {
    const { check, timeoutMs, intervalMs, notReadyIntervalMs, now } = this.#options
    const checkedAtMs = now()
    const signal = AbortSignal.timeout(timeoutMs)
    try {
      // The timeout also applies to a check that ignores its signal.
      const isReady = (await Promise.race([check(signal), rejectOn(signal)])) !== false
      return { isReady, checkedAtMs, goodUntilMs: checkedAtMs + (isReady ? intervalMs : notReadyIntervalMs(undefined)) }
    } catch (error) {
      return { isReady: false, checkedAtMs, goodUntilMs: checkedAtMs + notReadyIntervalMs(error), error }
    }
  }
}

/** A result from the future was created before the clock was set back, so its age is not known. */
function isGood({ checkedAtMs, goodUntilMs }: ReadinessAnswer, nowMs: number): boolean {
  return checkedAtMs <= nowMs && nowMs < goodUntilMs
}

function rejectOn(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => void onAbort(signal, reject))
}
