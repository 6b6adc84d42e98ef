import { untilAborted } from '../../on-abort.ts'

/**
 * A `fetch` whose caller is free as soon as its signal is aborted. One of an application's own may not
 * listen, or answer late; what it answers then is let go, so that its connection closes.
 */
export function withHeardAbort(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
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
