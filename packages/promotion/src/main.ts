import { runProgram } from 'command-line'
import { Command } from 'commander'
import { promoteCommand } from './commands/promote.ts'
import { rollbackCommand } from './commands/rollback.ts'

/** Exit codes: 0 swapped and verified, 1 swapped but not as it should be, 2 nothing changed. */
await runProgram(
  new Command('promotion')
    .description('Swap a release into production, or back')
    .addCommand(promoteCommand())
    .addCommand(rollbackCommand()),
)
