/** What has begun and is to be ended once. */
export type Begun = {
  /** @param restedMs for how long it had done nothing any more. Default: 0 */
  end(restedMs?: number): void
}

/**
 * What of a task is open: its function, its model and tool calls, the tasks nested in it, the body that it returned. When
 * nothing is, or when it was aborted, its record closes; what its context does later is late.
 */
export class TaskLife implements Begun {
  readonly #parent: TaskLife | undefined
  readonly #arm: () => () => void
  readonly #whenClosed: ((restedMs: number) => void)[] = []
  #disarm: (() => void) | undefined
  #open = 0
  #isClosed = false
  #onEnd: Set<() => void> | undefined
  /** Whether its function has not returned yet. */
  isRunning = true

  /**
   * @param parent of the task that it is nested in, which is open while it is.
   * @param arm lets the deadline and the signals act, until the function that it returns is called.
   */
  constructor(parent: TaskLife | undefined, arm: () => () => void) {
    this.#parent = parent
    this.#arm = arm
    const outer = parent?.begin()
    if (outer) this.whenClosed((restedMs) => outer.end(restedMs))
  }

  /** Its outcome and its totals are final. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Whether what begins now is in the figures of no task. */
  get isLate(): boolean {
    return this.#isClosed && (this.#parent === undefined || this.#parent.isLate)
  }

  /** How many things of it are open. */
  get open(): number {
    return this.#open
  }

  /** Something of it begins: also of one that is closed, for its deadline holds for that too. */
  begin(): Begun {
    if (this.#open++ === 0) this.#disarm = this.#arm()
    if (!this.#isClosed || !this.#parent) return this
    const outer = this.#parent.begin()
    return {
      end: () => {
        this.end()
        outer.end()
      },
    }
  }

  /** Something of it has ended. */
  end(restedMs = 0): void {
    if (--this.#open === 0) this.close(restedMs)
    else if (this.#onEnd) for (const act of this.#onEnd) act()
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

  /** Calls `act` whenever something has ended and other things are open, until what it returns is called. */
  onEnd(act: () => void): () => void {
    this.#onEnd ??= new Set()
    this.#onEnd.add(act)
    return () => void this.#onEnd?.delete(act)
  }
}
