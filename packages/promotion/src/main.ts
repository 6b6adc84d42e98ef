import { runProgram } from 'command-line'
import { Command } from 'commander'
import { promoteCommand } from './commands/promote.ts'
import { rollbackCommand } from './commands/rollback.ts'

await runProgram((signal) =>
  new Command('promotion')
    .description('Swap a release into production, or back')
    .addCommand(promoteCommand(signal))
    .addCommand(rollbackCommand(signal)),
)
