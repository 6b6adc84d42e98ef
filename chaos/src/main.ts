import { UsageError } from 'command-line'
import { Command, CommanderError } from 'commander'
import { drillCommand } from './commands/drill.ts'
import { injectCommand } from './commands/inject.ts'
import { promoteCommand } from './commands/promote.ts'
import { rollbackCommand } from './commands/rollback.ts'

/** Exit codes: 0 it held, 1 it did not, 2 could not run. */
const COULD_NOT_RUN = 2

const program = new Command('chaos')
  .description('Hurt an agent on purpose and see whether it heals')
  .addCommand(injectCommand())
  .addCommand(drillCommand())
  .addCommand(promoteCommand())
  .addCommand(rollbackCommand())
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
