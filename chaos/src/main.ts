import { runProgram } from 'command-line'
import { Command } from 'commander'
import { askCommand } from './commands/ask.ts'
import { drillCommand } from './commands/drill.ts'
import { injectCommand } from './commands/inject.ts'
import { practiseCommand } from './commands/practise.ts'
import { spreadCommand } from './commands/spread.ts'

await runProgram((signal) =>
  new Command('chaos')
    .description('Hurt an agent on purpose and see whether it heals')
    .addCommand(injectCommand(signal))
    .addCommand(drillCommand(signal))
    .addCommand(spreadCommand(signal))
    .addCommand(practiseCommand(signal))
    .addCommand(askCommand(signal)),
)
