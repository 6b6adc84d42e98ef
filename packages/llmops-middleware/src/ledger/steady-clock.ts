import { realTiming, type Timing } from '../timing.ts'

/** More than this between the two clocks is a jump; less is how clocks are corrected. */
const TOLERATED_MS = 60_000
/** A jump that lasts is the truth: the machine slept, or its clock was put right. */
const BELIEVED_AFTER_MS = 600_000

/**
 * Returns epoch milliseconds by the system's clock, which somebody can set, held against the one that only runs forward:
 * a jump of it is believed when it has lasted for ten minutes, and until then time goes on as before.
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
      if (runningMs - doubted.sinceMs < BELIEVED_AFTER_MS) return Math.floor(offsetMs + runningMs)
    }
    doubted = undefined
    offsetMs = shownMs
    return nowMs
  }
}
