/** Rule time: what alert windows, workflow delays and swap times are measured in. Never the timeout of a socket. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Resolves when `milliseconds` of rule time have passed; rejects with the signal's reason when it aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
}
