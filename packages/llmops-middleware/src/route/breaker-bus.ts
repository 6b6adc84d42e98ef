/** Tells other processes of a target that was found to fail, so that each need not find out by failing itself. */
export interface BreakerBus {
  /**
   * Never rejects: a breaker works alone where nobody can be told.
   *
   * @param target the name of the target that failed
   * @param openMs how long its breaker stays open, in milliseconds
   */
  announce(target: string, openMs: number): Promise<void>
  /**
   * Hears what other processes announce, until the bus is closed.
   *
   * @param heard called with what another process announced
   */
  listen(heard: (target: string, openMs: number) => void): void
  /** Stops listening and releases what the bus holds. */
  close(): Promise<void>
}
