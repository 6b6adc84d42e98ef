import { Progress, UsageError } from 'command-line'
import type { Command } from 'commander'
import { confirm } from '../output/confirm.ts'
import { planText } from '../output/plan-text.ts'
import { RefusedError } from '../refused-error.ts'
import { type PlannedSwap, planSwap } from '../swap-plan.ts'
import { openWebApp, type WebAppOptions } from '../target/open-web-app.ts'
import { UnfinishedError } from '../unfinished-error.ts'
import type { WebApp } from '../web-app.ts'

type SwapCommandOptions = WebAppOptions & {
  readonly yes?: boolean
  readonly json?: boolean
  readonly dryRun?: boolean
  /** Milliseconds. */
  readonly watch?: number
}

type Swap = {
  readonly question: (plan: PlannedSwap) => string
  readonly run: (app: WebApp, plan: PlannedSwap, onStep: (text: string) => void) => Promise<void>
  /** Why production misses an objective within a time; undefined when it misses none. Swaps nothing. */
  readonly watch?: (app: WebApp, forMs: number, onStep: (text: string) => void) => Promise<string | undefined>
}

/** Gives a command what promotion and rollback share: look, show, ask, swap, tell. */
export function swapCommand(command: Command, swap: Swap): Command {
  return command
    .option('--yes', 'do not ask')
    .option('--dry-run', 'look and try, but swap nothing')
    .option('--json', 'print the result as JSON; progress goes to standard error')
    .addHelpText('after', '\nExit codes: 0 swapped and verified, 1 swapped but not as it should be, 2 nothing changed.')
    .action(async (options: SwapCommandOptions) => {
      process.exitCode = await carryOut(swap, options)
    })
}

async function carryOut(swap: Swap, options: SwapCommandOptions): Promise<number> {
  const progress = new Progress()
  try {
    const app = await openWebApp(options)
    if (options.watch !== undefined && swap.watch) {
      const missed = await swap.watch(app, options.watch, (text) => progress.line(text))
      if (missed === undefined) return 0
      console.error(`Production misses an objective: ${missed}. Nothing was swapped; \`pnpm rollback\` would.`)
      return 1
    }
    progress.line(`Looking at both slots of ${app.site}.`)
    const plan = await planSwap(app)
    progress.line(planText(plan))
    const isWanted = !options.dryRun && (options.yes || (await confirm(swap.question(plan))))
    if (isWanted) await swap.run(app, plan, (text) => progress.line(text))
    else progress.line('Nothing was changed.')
    if (options.json) console.log(JSON.stringify({ swapped: isWanted, ...plan }, null, 2))
    return 0
  } catch (error) {
    if (error instanceof RefusedError) throw new UsageError(error.message, { cause: error })
    if (!(error instanceof UnfinishedError)) throw error
    console.error(error.message)
    return 1
  }
}
