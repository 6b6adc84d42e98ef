import { onAbort } from '../on-abort.ts'

export type ReadinessOptions = {
  /** Rejects, or gives false, when the service is not ready. The signal is aborted when it takes too long. */
  readonly check: (signal: AbortSignal) => Promise<unknown>
  /** Milliseconds from the start of a run in which its answer is good. */
  readonly intervalMs: number
  /** The same for an answer that the service is not ready. */
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

/** Runs a check that may cost money at most once in an interval, however many ask; the rest get its last answer. */
export class Readiness {
  readonly #options: ReadinessOptions
  #running: Promise<ReadinessAnswer> | undefined
  #latest: ReadinessAnswer | undefined

  constructor(options: ReadinessOptions) {
    this.#options = options
  }

  /** @param anew whether the last answer is not good enough; a run that is going on is. */
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
      // A check that ignores its signal is still over when its time is.
      const isReady = (await Promise.race([check(signal), rejectOn(signal)])) !== false
      return { isReady, checkedAtMs, goodUntilMs: checkedAtMs + (isReady ? intervalMs : notReadyIntervalMs(undefined)) }
    } catch (error) {
      return { isReady: false, checkedAtMs, goodUntilMs: checkedAtMs + notReadyIntervalMs(error), error }
    }
  }
}

/** An answer from the future was given before the clock was set back, so nobody can tell how old it is. */
function isGood({ checkedAtMs, goodUntilMs }: ReadinessAnswer, nowMs: number): boolean {
  return checkedAtMs <= nowMs && nowMs < goodUntilMs
}

function rejectOn(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => void onAbort(signal, reject))
}
