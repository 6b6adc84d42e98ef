/** The exit codes that have the same meaning for every command. */
export const EXIT = { held: 0, didNotHold: 1, couldNotRun: 2, interrupted: 130 } as const

const NAMES: Readonly<Record<number, string>> = {
  [EXIT.held]: 'held',
  [EXIT.didNotHold]: 'did not hold',
  [EXIT.couldNotRun]: 'could not run',
  [EXIT.interrupted]: 'interrupted',
}

const COMMON: Readonly<Record<number, string>> = {
  [EXIT.couldNotRun]: 'as it was called, or here; standard error says why',
  [EXIT.interrupted]: 'by Ctrl-C or a signal that asks it to end',
}

/** For `--help` of each command that has `--json`: as `gh`, `az` and `kubectl` do it. */
export const JSON_HELP =
  'With --json, standard output has the result alone, and is empty where there is none: what went wrong is a sentence on\nstandard error, as it is without, and the exit code.'

/** Rows for `--help`: each code, with its name and what it means for one command. */
export function exitCodeRows(own: Readonly<Record<number, string>>): (readonly [code: string, meaning: string])[] {
  // Numbers come first in an object, in their order.
  return Object.entries({ ...COMMON, ...own }).map(([code, text]) => {
    const name = NAMES[Number(code)]
    return [code, name === undefined ? text : `${name}: ${text}`]
  })
}
