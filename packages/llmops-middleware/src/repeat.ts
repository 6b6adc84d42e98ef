/** Runs `act` every so often until the returned function is called. */
export type Repeat = (act: () => void, everyMs: number) => () => void

/** A timer that does not keep the process alive: a process with nothing else to do may end, and its leases with it. */
export const repeatUnreferenced: Repeat = (act, everyMs) => {
  const timer = setInterval(act, everyMs)
  timer.unref()
  return () => clearInterval(timer)
}
