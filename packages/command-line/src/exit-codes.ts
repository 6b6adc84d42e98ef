// One table for every command line of the project: the one of `llmops`, which is published and so depends on none of the others.
import { EXIT, exitCodeRows, JSON_HELP } from '../../llmops-middleware/src/cli/exit-codes.ts'

export { EXIT }

/**
 * The section of `--help` about exit codes. What 0 and 1 mean is the command's own; the others are of every command.
 *
 * @param json whether the command has `--json`
 */
export function exitCodesHelp(own: Readonly<Record<number, string>>, { json = false } = {}): string {
  const codes = `\nExit codes:\n${exitCodeRows(own)
    .map(([code, meaning]) => `  ${code.padEnd(5)}${meaning}`)
    .join('\n')}`
  return json ? `${codes}\n\n${JSON_HELP}` : codes
}
