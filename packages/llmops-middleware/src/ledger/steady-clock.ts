import { realTiming, type Timing } from '../timing.ts'

/** A larger difference between the two clocks is a jump; a smaller one is an ordinary clock correction. */
const TOLERATED_MS = 60_000
/** A jump that lasts this long is accepted: the machine slept, or its clock was corrected. */
const ACCEPTED_AFTER_MS = 600_000

/**
 * Returns a clock of epoch milliseconds that does not follow short jumps of the system clock. It compares the system clock
 * with the monotonic one, and accepts a jump only after it has lasted for ten minutes. Until then time continues as before.
 */
export function steadyClock({
  epochMs,
  monotonicMs,
}: Pick<Timing, 'epochMs' | 'monotonicMs'> = realTiming): () => number {
  let offsetMs = epochMs() - monotonicMs()
  let doubted: { readonly offsetMs: number; readonly sinceMs: number } | undefined

  return () => {
    const nowMs = epochMs()
    const runningMs = monotonicMs()
    const shownMs = nowMs - runningMs
    if (Math.abs(shownMs - offsetMs) > TOLERATED_MS) {
      if (doubted === undefined || Math.abs(shownMs - doubted.offsetMs) > TOLERATED_MS) {
        doubted = { offsetMs: shownMs, sinceMs: runningMs }
      }
      if (runningMs - doubted.sinceMs < ACCEPTED_AFTER_MS) return Math.floor(offsetMs + runningMs)
    }
    doubted = undefined
    offsetMs = shownMs
    return nowMs
  }
}
