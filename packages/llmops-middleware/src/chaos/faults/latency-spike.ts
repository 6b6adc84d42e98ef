import { onAbort } from '../../on-abort.ts'
import type { Fault } from './fault.ts'

/** Delays the call. Its answer is not changed. */
export const latencySpike: Fault = {
  async hitModel(call, ask, { delayMs, record }) {
    record()
    await delayed(delayMs, call.signal)
    // If the caller aborted meanwhile, the next layer does not send the call.
    return await ask()
  },

  // A slow service acts too, only its answer is late: a timeout that says so must not name what was never started.
  async hitTool(_, run, { delayMs, record }) {
    record()
    try {
      return await run()
    } finally {
      await delayed(delayMs)
    }
  },
}

/** Resolves after the delay, or when the signal is aborted. */
function delayed(delayMs: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, delayMs)
  const removeAbortListener = onAbort(signal, () => resolve())
  return promise.finally(() => {
    clearTimeout(timer)
    removeAbortListener()
  })
}
