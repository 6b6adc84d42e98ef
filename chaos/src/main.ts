import { runProgram } from 'command-line'
import { Command } from 'commander'
import { drillCommand } from './commands/drill.ts'
import { injectCommand } from './commands/inject.ts'
import { practiseCommand } from './commands/practise.ts'
import { spreadCommand } from './commands/spread.ts'

/** Exit codes: 0 it held, 1 it did not, 2 could not run. */
await runProgram(
  new Command('chaos')
    .description('Hurt an agent on purpose and see whether it heals')
    .addCommand(injectCommand())
    .addCommand(drillCommand())
    .addCommand(spreadCommand())
    .addCommand(practiseCommand()),
)
