/** Shares with other processes which targets fail, so that they need not find it out by their own failures. */
export interface BreakerBus {
  /**
   * Never rejects: if it cannot announce, the breaker works for this process alone.
   *
   * @param target the name of the target that failed
   * @param openMs how long its breaker stays open, in milliseconds
   */
  announce(target: string, openMs: number): Promise<void>
  /**
   * Receives what other processes announce, until the bus is closed.
   *
   * @param heard called with what another process announced
   */
  listen(heard: (target: string, openMs: number) => void): void
  /** Stops listening and releases what the bus holds. */
  close(): Promise<void>
}
