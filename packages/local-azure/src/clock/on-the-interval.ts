import type { Clock } from './clock.ts'

type Timer = Pick<Clock, 'now' | 'sleep'>

/**
 * Yields each whole multiple of the interval at its time, until the signal aborts. None is yielded twice. A consumer that
 * falls behind gets only the latest one.
 */
export async function* onTheInterval(clock: Timer, intervalMs: number, signal: AbortSignal): AsyncGenerator<number> {
  const latest = () => Math.floor(clock.now() / intervalMs) * intervalMs
  let next = latest()
  while (!signal.aborted) {
    next = Math.max(next + intervalMs, latest())
    // A timer may fire a little early, which on a fast clock is seconds of rule time.
    while (clock.now() < next && !signal.aborted) await clock.sleep(next - clock.now(), signal).catch(() => {})
    if (!signal.aborted) yield next
  }
}
