/** The exit codes that have the same meaning for every word. */
export const EXIT = { held: 0, didNotHold: 1, couldNotRun: 2, interrupted: 130 } as const

export const COMMON_EXIT_CODES: Readonly<Record<number, string>> = {
  [EXIT.couldNotRun]: 'could not run as it was called',
  [EXIT.interrupted]: 'ended by Ctrl-C',
}
