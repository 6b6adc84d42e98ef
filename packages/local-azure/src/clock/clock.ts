/** The clock of rule time, for alert windows, workflow delays and swap times. Socket timeouts use the wall clock. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Resolves after `milliseconds` of rule time. Rejects with the signal's reason if it aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
  /**
   * Stops rule time until the work has ended, so that a slow machine does not make it look slow. The work must not
   * sleep on this clock.
   */
  pauseDuring<T>(work: () => Promise<T>): Promise<T>
}
