import { type Command, CommanderError } from 'commander'
import { listenForInterrupts } from '../../llmops-middleware/src/cli/listen-for-interrupts.ts'
import { EXIT } from './exit-codes.ts'
import { projectVersion } from './project-version.ts'
import { UsageError } from './usage-error.ts'

/**
 * Runs the command that was asked for. It sets the exit code itself, unless it could not run (2), or it throws after the
 * signal was aborted, by Ctrl-C (130).
 */
export async function runProgram(create: (signal: AbortSignal) => Command): Promise<void> {
  ignoreReadersThatLeave()
  const signal = listenForInterrupts(() => {
    // The live line of the progress, and the ^C that a terminal writes into it.
    const clear = process.stderr.isTTY ? '\r\u001b[2K' : ''
    process.stderr.write(`${clear}Interrupted: cleaning up. Ctrl-C again ends it at once.\n`)
  })
  const program = create(signal)
  for (const command of [program, ...program.commands]) {
    // Sub-commands do not inherit these.
    command.exitOverride().version(projectVersion(), '--version', 'the version of this project')
  }
  try {
    await program.parseAsync()
  } catch (error) {
    // What was interrupted fails in many ways, all of which the user asked for.
    if (signal.aborted) await end(EXIT.interrupted)
    else if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.held : EXIT.couldNotRun
    else {
      console.error(error instanceof UsageError ? error.message : error)
      process.exitCode = EXIT.couldNotRun
    }
  }
}

/** `… | head -1` closes our output early, which is no failure: the work and its exit code go on. */
function ignoreReadersThatLeave(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
}

/** Without waiting for what cannot be cancelled, and once what was printed is out. */
async function end(code: number): Promise<never> {
  for (const stream of [process.stdout, process.stderr]) await new Promise((resolve) => stream.write('', resolve))
  process.exit(code)
}
