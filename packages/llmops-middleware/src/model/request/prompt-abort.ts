import { untilAborted } from '../../on-abort.ts'

/**
 * Wraps an application's own `fetch` so that it rejects as soon as its signal is aborted, even if it ignores the signal. A
 * response that comes after the abort is cancelled, so that its connection closes.
 */
export function withPromptAbort(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return (input, init) => {
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined)
    const asked = fetch(input, init)
    if (!signal) return asked
    asked.then(
      (response) => {
        if (signal.aborted && !response.body?.locked) response.body?.cancel().catch(() => {})
      },
      () => {},
    )
    return untilAborted(asked, signal)
  }
}
