/**
 * The signal of a call that cannot be aborted. Do not pass it to `fetch`, which would add a listener with each request.
 */
export const NEVER_ABORTED: AbortSignal = new AbortController().signal

const NOTHING_TO_LET_GO = () => {}

/**
 * Calls `act` with the reason when a signal is aborted; at once if it already is. Returns a function that removes the
 * listener, because the signal may outlive thousands of calls.
 */
export function onAbort(signal: AbortSignal | null | undefined, act: (reason: unknown) => void): () => void {
  if (!signal || signal === NEVER_ABORTED) return NOTHING_TO_LET_GO
  if (signal.aborted) {
    act(signal.reason)
    return NOTHING_TO_LET_GO
  }
  const listener = () => act(signal.reason)
  signal.addEventListener('abort', listener, { once: true })
  return () => signal.removeEventListener('abort', listener)
}

/** Returns the promise, but rejects with the reason when the signal is aborted. */
export function untilAborted<T>(promise: PromiseLike<T>, signal: AbortSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const letGo = onAbort(signal, reject)
    const end = () => letGo()
    promise.then(resolve, reject)
    promise.then(end, end)
  })
}
