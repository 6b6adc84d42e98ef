/** Tells other processes of a target that was found to fail, so that each need not find out by failing itself. */
export interface BreakerBus {
  /** Never rejects: a breaker works alone where nobody can be told. */
  announce(target: string, openMs: number): Promise<void>
  /** Hears what other processes announce, until the bus is closed. */
  listen(heard: (target: string, openMs: number) => void): void
  /** Stops listening and releases what the bus holds. */
  close(): Promise<void>
}
