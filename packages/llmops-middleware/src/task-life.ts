/**
 * What of a task is open: its function, its model and tool calls, the tasks nested in it, the body that it returned. When
 * nothing is, or when it was aborted, its record closes; what its context does later is late.
 */
export class TaskLife {
  readonly #arm: () => () => void
  readonly #whenClosed: ((restedMs: number) => void)[] = []
  #disarm: (() => void) | undefined
  #open = 0
  #isClosed = false
  #onEnd: (() => void) | undefined
  /** Whether its function has not returned yet. */
  isRunning = true

  /** @param arm lets the deadline and the signals act, until the function that it returns is called. */
  constructor(arm: () => () => void) {
    this.#arm = arm
  }

  /** Its outcome and its totals are final. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** How many things of it are open. */
  get open(): number {
    return this.#open
  }

  /** Something of it begins: also of one that is closed, for the deadline holds for what is late too. */
  begin(): void {
    if (this.#open++ === 0) this.#disarm = this.#arm()
  }

  /**
   * Something of it has ended.
   *
   * @param restedMs for how long it had done nothing any more.
   */
  end(restedMs = 0): void {
    if (--this.#open === 0) this.close(restedMs)
    else this.#onEnd?.()
  }

  /** Ends it, whatever is open. */
  close(restedMs = 0): void {
    this.#disarm?.()
    this.#disarm = undefined
    if (this.#isClosed) return
    this.#isClosed = true
    for (const act of this.#whenClosed) act(restedMs)
  }

  /** Calls `act` once, when the record closes. */
  whenClosed(act: (restedMs: number) => void): void {
    this.#whenClosed.push(act)
  }

  /** Calls `act` whenever something has ended and other things are open. It has one listener. */
  onEnd(act: (() => void) | undefined): void {
    this.#onEnd = act
  }
}
