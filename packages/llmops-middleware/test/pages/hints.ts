import { checkCommand, isCommand } from './commands.ts'
import { readShell } from './shell.ts'
import { untypable } from './typable.ts'

/** The words that commands of this project begin with, wherever they stand. */
const CALL = /(?<![\w/.-])(?:npx|pnpm) (?!is\b)\S+/g

/**
 * The commands that an output tells its reader to type: in `…`, or from a colon to the end of the line.
 *
 * @throws where one stands elsewhere, so that where it ends cannot be told
 */
export function hintsIn(output: string): readonly string[] {
  return output.split('\n').flatMap((line) => {
    const quoted = Array.from(line.matchAll(/`([^`]+)`/g), ([, span]) => span!)
    const rest = line.replaceAll(/`[^`]+`/g, '')
    // A usage has words for what the reader fills in.
    const [, last = ''] = line.startsWith('Usage: ') ? [] : (/^.*?: (.+)$/.exec(rest) ?? [])
    const hints = [...quoted, last].filter(isCommand)
    const astray = line.startsWith('Usage: ') ? [] : (rest.replace(isCommand(last) ? last : '', '').match(CALL) ?? [])
    if (astray.length > 0) throw new Error(`A command stands in a sentence as if it were words of it: ${line}`)
    return hints
  })
}

/** Reads each hint of an output with the parser of the command that it is, and returns them. */
export async function checkHints(output: string): Promise<readonly string[]> {
  const hints = hintsIn(output)
  for (const hint of hints) {
    // Those of one shell are in help that names the shell.
    const reason = /^eval |Invoke-Expression$/.test(hint) ? undefined : untypable(hint)
    if (reason !== undefined) throw new Error(`The hint '${hint}' cannot be typed in every shell: ${reason}.`)
    for (const command of readShell(hint)) {
      await checkCommand(command).catch((error: Error) => {
        throw new Error(`The hint '${hint}' cannot be typed: ${error.message}`)
      })
    }
  }
  return hints
}
