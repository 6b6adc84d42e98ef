import { setTimeout as delay } from 'node:timers/promises'

export type OpenLoopOptions = {
  readonly ratePerSecond: number
  /** Stops the arrivals; requests already sent are still awaited. */
  readonly signal: AbortSignal
  /** Above so many unanswered requests an arrival is counted as shed: a driver must not die of its target. */
  readonly maxInFlight?: number
}

export type OpenLoopResult = { readonly sent: number; readonly shed: number }

/**
 * Sends at the times a fixed rate gives, whether or not earlier requests were answered. A closed loop would slow down
 * with its target and so hide how long its users wait (coordinated omission).
 */
export async function openLoop(
  { ratePerSecond, signal, maxInFlight = 500 }: OpenLoopOptions,
  send: (index: number) => Promise<void>,
): Promise<OpenLoopResult> {
  const inFlight = new Set<Promise<void>>()
  const startedAtMs = performance.now()
  let arrivals = 0
  let shed = 0
  while (!signal.aborted) {
    const dueMs = startedAtMs + (arrivals * 1000) / ratePerSecond
    const waitMs = dueMs - performance.now()
    if (waitMs > 0) await delay(waitMs, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) break
    const index = arrivals++
    if (inFlight.size >= maxInFlight) {
      shed++
      continue
    }
    const request = send(index).finally(() => inFlight.delete(request))
    inFlight.add(request)
  }
  await Promise.all(inFlight)
  return { sent: arrivals - shed, shed }
}
