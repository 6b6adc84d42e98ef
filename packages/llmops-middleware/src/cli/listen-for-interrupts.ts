import { EXIT } from './exit-codes.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * A terminal sends Ctrl-C to every process of the command, and npm and some versions of pnpm send it once more to the
 * script that they run (npm/cli#5021, pnpm/pnpm#7374): what follows so soon is the same Ctrl-C.
 */
const SAME_CTRL_C_MS = 1000

/** Aborts at the first Ctrl-C, SIGTERM or SIGHUP, after telling `onFirst`. A second one ends the process at once. */
export function listenForInterrupts(onFirst: () => void = () => {}): AbortSignal {
  const stop = new AbortController()
  let firstAtMs: number | undefined
  const onSignal = () => {
    if (firstAtMs === undefined) {
      firstAtMs = performance.now()
      onFirst()
      stop.abort(new Error('interrupted'))
    } else if (performance.now() - firstAtMs >= SAME_CTRL_C_MS) process.exit(EXIT.interrupted)
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  return stop.signal
}
