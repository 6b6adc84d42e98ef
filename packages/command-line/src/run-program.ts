import { type Command, CommanderError } from 'commander'
import { UsageError } from './usage-error.ts'

const COULD_NOT_RUN = 2

/** Runs the command that was asked for. It sets the exit code itself, unless it could not run: then it is 2. */
export async function runProgram(program: Command): Promise<void> {
  // Sub-commands do not inherit it.
  for (const command of [program, ...program.commands]) command.exitOverride()
  try {
    await program.parseAsync()
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : COULD_NOT_RUN
    else {
      console.error(error instanceof UsageError ? error.message : error)
      process.exitCode = COULD_NOT_RUN
    }
  }
}
