/** Something that has begun. Call `end` once. */
export type Begun = {
  /** @param restedMs how long it was idle before its end, in milliseconds; by default 0 */
  end(restedMs?: number): void
}

/**
 * Counts what is open in a task: its function, its model and tool calls, nested tasks, and the body that it returned.
 * When nothing is open, or the task was aborted, its record closes. Later calls in its context are late.
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
   * @param parent the life of the outer task, which is open while this one is
   * @param arm starts the deadline and listens to the signals; returns a function that stops both
   */
  constructor(parent: TaskLife | undefined, arm: () => () => void) {
    this.#parent = parent
    this.#arm = arm
    const outer = parent?.begin()
    if (outer) this.whenClosed((restedMs) => outer.end(restedMs))
  }

  /** Whether its outcome and its totals are final. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Whether a call that begins now counts in no task. */
  get isLate(): boolean {
    return this.#isClosed && (this.#parent === undefined || this.#parent.isLate)
  }

  /** How many of its parts are open. */
  get open(): number {
    return this.#open
  }

  /** Begins a part of it. This is possible after it has closed too, because its deadline still applies. */
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

  /** Ends a part of it. */
  end(restedMs = 0): void {
    if (--this.#open === 0) this.close(restedMs)
    else if (this.#onEnd) for (const act of this.#onEnd) act()
  }

  /** Closes it, even if parts are open. */
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

  /** Calls `act` whenever a part has ended while others are open. Returns a function that stops this. */
  onEnd(act: () => void): () => void {
    this.#onEnd ??= new Set()
    this.#onEnd.add(act)
    return () => void this.#onEnd?.delete(act)
  }
}
