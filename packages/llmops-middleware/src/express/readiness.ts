export type ReadinessOptions = {
  /** Rejects, or gives false, when the service is not ready. The signal is aborted when it takes too long. */
  readonly check: (signal: AbortSignal) => Promise<unknown>
  /** Milliseconds between the starts of two runs. */
  readonly intervalMs: number
  readonly timeoutMs: number
  /** Epoch milliseconds. */
  readonly now: () => number
}

export type ReadinessAnswer = { readonly isReady: boolean; readonly checkedAtMs: number; readonly error?: unknown }

/** Runs a check that may cost money at most once in an interval, however many ask; the rest get its last answer. */
export class Readiness {
  readonly #options: ReadinessOptions
  #latest: { readonly startedAtMs: number; readonly answer: Promise<ReadinessAnswer> } | undefined
  #isRunning = false

  constructor(options: ReadinessOptions) {
    this.#options = options
  }

  ask(): Promise<ReadinessAnswer> {
    const { intervalMs, now } = this.#options
    const latest = this.#latest
    if (latest && (this.#isRunning || now() - latest.startedAtMs < intervalMs)) return latest.answer
    const startedAtMs = now()
    const answer = this.#run(startedAtMs)
    this.#latest = { startedAtMs, answer }
    return answer
  }

  async #run(checkedAtMs: number): Promise<ReadinessAnswer> {
    const { check, timeoutMs } = this.#options
    const signal = AbortSignal.timeout(timeoutMs)
    this.#isRunning = true
    try {
      // A check that ignores its signal is still over when its time is.
      const isReady = await Promise.race([check(signal), rejectOn(signal)])
      return { isReady: isReady !== false, checkedAtMs }
    } catch (error) {
      return { isReady: false, checkedAtMs, error }
    } finally {
      this.#isRunning = false
    }
  }
}

function rejectOn(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
