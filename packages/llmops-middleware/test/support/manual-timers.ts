/** Timers that a test runs by hand. */
export function manualTimers() {
  const acts = new Set<() => void>()
  return {
    repeat: (act: () => void) => {
      acts.add(act)
      return () => void acts.delete(act)
    },
    /** Runs each timer once, and lets what it started come to an end. */
    async tick(): Promise<void> {
      for (const act of acts) act()
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}
