import { NEVER_ABORTED, onAbort } from './on-abort.ts'

/**
 * Joins several signals to one that aborts with any of them. Call `release` when the call is over: `AbortSignal.any`
 * would stay registered until it is garbage collected, and a task's signal outlives thousands of calls.
 */
export function joinSignals(...signals: readonly (AbortSignal | null | undefined)[]): JoinedSignal {
  const sources = signals.filter((signal) => signal !== null && signal !== undefined)
  if (sources.length <= 1) return { signal: sources[0] ?? NEVER_ABORTED, release() {} }
  const controller = new AbortController()
  const letGo = sources.map((source) => onAbort(source, (reason) => controller.abort(reason)))
  return {
    signal: controller.signal,
    release: () => {
      for (const release of letGo) release()
    },
  }
}

export type JoinedSignal = { readonly signal: AbortSignal; release(): void }
