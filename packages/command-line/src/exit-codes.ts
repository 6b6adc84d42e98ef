// One table for every command line of the project: the one of `llmops`, which is published and so depends on none of the others.
import { EXIT, exitCodeRows } from '../../llmops-middleware/src/cli/exit-codes.ts'

export { EXIT }

/** The section of `--help` about exit codes. What 0 and 1 mean is the command's own; the others are of every command. */
export function exitCodesHelp(own: Readonly<Record<number, string>>): string {
  return `\nExit codes:\n${exitCodeRows(own)
    .map(([code, meaning]) => `  ${code.padEnd(5)}${meaning}`)
    .join('\n')}`
}
