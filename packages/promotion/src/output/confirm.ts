import { createInterface } from 'node:readline/promises'
import { UsageError } from 'command-line'

/** Asks a person; where none can be asked, says which option answers. An input that ends is a no. */
export async function confirm(question: string, signal: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new UsageError('There is no terminal to ask for confirmation: add --yes, or --dry-run to change nothing.')
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const ended = new AbortController()
  terminal.once('close', () => ended.abort())
  // While it asks, a terminal hands Ctrl-C to it as a key.
  terminal.on('SIGINT', () => process.emit('SIGINT'))
  try {
    const asked = { signal: AbortSignal.any([signal, ended.signal]) }
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `, asked)).trim())
  } catch (error) {
    if (ended.signal.aborted && !signal.aborted) return false
    throw error
  } finally {
    terminal.close()
  }
}
