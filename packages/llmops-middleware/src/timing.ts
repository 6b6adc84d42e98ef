// Named imports, which fake timers leave as they are: under them a deadline would pass a millisecond late.
import { clearImmediate, setImmediate } from 'node:timers'
import { type Repeat, repeatUnreferenced } from './repeat.ts'

/** What varies with time, as a parameter: a test passes clocks and timers that it moves by hand. */
export type Timing = {
  /** Milliseconds since the epoch. */
  readonly epochMs: () => number
  /** Milliseconds of a clock that only runs forward. */
  readonly monotonicMs: () => number
  /** Runs `act` once, unless the returned function is called first. */
  readonly after: (act: () => void, afterMs: number) => () => void
  readonly repeat: Repeat
}

export const realTiming: Timing = {
  epochMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(act, afterMs) {
    // Timers run before sockets are read. After a busy moment, what has arrived in time may still end the wait.
    let immediate: NodeJS.Immediate | undefined
    const timer = setTimeout(() => {
      immediate = setImmediate(act)
    }, afterMs)
    return () => {
      clearTimeout(timer)
      clearImmediate(immediate)
    }
  },
  repeat: repeatUnreferenced,
}
