import { repeatUnreferenced } from '../../src/repeat.ts'

/** A clock that is turned by hand, and runs what is due on the way. */
export function clockByHand() {
  let nowMs = 0
  const timers = new Set<{ readonly atMs: number; readonly act: () => void }>()
  const timing = {
    epochMs: () => nowMs,
    monotonicMs: () => nowMs,
    after(act: () => void, afterMs: number) {
      const timer = { atMs: nowMs + afterMs, act }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    repeat: repeatUnreferenced,
  }
  const next = (untilMs: number) =>
    [...timers].filter(({ atMs }) => atMs <= untilMs).sort((one, other) => one.atMs - other.atMs)[0]
  return {
    timing,
    open: () => timers.size,
    turnTo(ms: number) {
      for (let timer = next(ms); timer; timer = next(ms)) {
        timers.delete(timer)
        nowMs = timer.atMs
        timer.act()
      }
      nowMs = ms
    },
  }
}
