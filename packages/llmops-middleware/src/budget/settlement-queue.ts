/** Calls that wait for somebody else's hold to give money back, first come first served. */
export class SettlementQueue {
  readonly #waiting = new Set<() => void>()

  /** One settlement wakes one waiter; who is served wakes the next. */
  wake(): void {
    const [first] = this.#waiting
    first?.()
  }

  /** Resolves at the next settlement of this process, or after `timeoutMs`: other processes settle too. */
  async next(timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const end = (done: () => void) => () => {
        clearTimeout(timer)
        this.#waiting.delete(wake)
        signal?.removeEventListener('abort', abort)
        done()
      }
      const wake = end(resolve)
      const abort = end(() => reject(signal?.reason))
      const timer = setTimeout(wake, timeoutMs)
      this.#waiting.add(wake)
      if (signal?.aborted) abort()
      else signal?.addEventListener('abort', abort, { once: true })
    })
  }
}
