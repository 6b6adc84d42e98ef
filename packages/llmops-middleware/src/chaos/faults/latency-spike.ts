import { onAbort } from '../../on-abort.ts'
import type { Fault } from './fault.ts'

/** What is called answers as it does, and late. */
export const latencySpike: Fault = {
  async hitModel(call, ask, { delayMs, record }) {
    record()
    await waited(delayMs, call.signal)
    // A caller who has left meanwhile is not asked for: that is seen where the call is sent.
    return await ask()
  },

  async hitTool(_, run, { delayMs, record }) {
    record()
    await waited(delayMs)
    return await run()
  },
}

/** Resolves when the time is over, or nobody waits any more. */
function waited(delayMs: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, delayMs)
  const letGo = onAbort(signal, () => resolve())
  return promise.finally(() => {
    clearTimeout(timer)
    letGo()
  })
}
