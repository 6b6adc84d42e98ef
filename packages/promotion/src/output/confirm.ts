import { createInterface } from 'node:readline/promises'
import { UsageError } from 'command-line'

/** Asks a person; where none can be asked, says which option answers. */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new UsageError('Nobody can be asked here; add --yes, or --dry-run to change nothing.')
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim())
  } finally {
    terminal.close()
  }
}
