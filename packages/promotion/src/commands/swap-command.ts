import { once } from 'node:events'
import { EXIT, exitCodesHelp, Progress, UsageError } from 'command-line'
import type { Command } from 'commander'
import { confirm } from '../output/confirm.ts'
import { planText } from '../output/plan-text.ts'
import { RefusedError } from '../refused-error.ts'
import { type PlannedSwap, planSwap } from '../swap-plan.ts'
import { commandFor } from '../target/command-for.ts'
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
  /** Returns how the slots stand afterwards. */
  readonly run: (app: WebApp, plan: PlannedSwap, onStep: (text: string) => void) => Promise<PlannedSwap>
  /** Why production misses an objective within a time; undefined when it misses none. Swaps nothing. */
  readonly watch?: (app: WebApp, forMs: number, onStep: (text: string) => void) => Promise<string | undefined>
}

/** Adds the steps that promotion and rollback share: read, show, confirm, swap, report. */
export function swapCommand(command: Command, signal: AbortSignal, swap: Swap): Command {
  return command
    .option('--yes', 'do not ask')
    .option('--dry-run', 'look and try, but swap nothing')
    .option('--json', 'print how the slots stand at the end as JSON; progress goes to standard error')
    .addHelpText(
      'after',
      exitCodesHelp(
        {
          0: 'swapped and verified, or nothing was to be swapped',
          1: 'swapped, and not as it should be',
          2: 'nothing was changed; standard error says why',
          130: 'by Ctrl-C; a swap that was begun goes on in Azure',
        },
        { json: true },
      ),
    )
    .action(async (options: SwapCommandOptions) => {
      // Requests to Azure are not cancelled: who interrupts them would not know what they have done.
      const interrupted = once(signal, 'abort').then(() => Promise.reject(signal.reason))
      process.exitCode = await Promise.race([carryOut(swap, options, signal), interrupted])
    })
}

async function carryOut(swap: Swap, options: SwapCommandOptions, signal: AbortSignal): Promise<number> {
  const progress = new Progress()
  const onStep = (text: string) => progress.line(text)
  try {
    const app = await openWebApp(options)
    if (options.watch !== undefined && swap.watch) {
      const missed = await swap.watch(app, options.watch, onStep)
      if (options.json) console.log(JSON.stringify({ held: missed === undefined, missed }, null, 2))
      if (missed === undefined) return EXIT.held
      console.error(`Production misses an objective: ${missed}. Nothing was swapped.`)
      console.error(`To go back: ${commandFor('rollback', options)}`)
      return EXIT.didNotHold
    }
    progress.line(`Looking at both slots of ${app.site}.`)
    const plan = await planSwap(app)
    progress.line(planText(plan))
    const isWanted = !options.dryRun && (options.yes || (await confirm(swap.question(plan), signal)))
    if (!isWanted) progress.line('Nothing was changed.')
    const end = isWanted ? await carryOutPlan(swap, { app, plan, options, onStep, signal }) : plan
    if (options.json) console.log(JSON.stringify({ swapped: isWanted, ...end }, null, 2))
    return EXIT.held
  } catch (error) {
    if (error instanceof RefusedError) throw new UsageError(error.message, { cause: error })
    if (!(error instanceof UnfinishedError)) throw error
    console.error(error.message)
    if (error.remedy !== undefined) console.error(`To go back: ${commandFor(error.remedy, options)}`)
    return EXIT.didNotHold
  }
}

type Work = {
  readonly app: WebApp
  readonly plan: PlannedSwap
  readonly options: SwapCommandOptions
  readonly onStep: (text: string) => void
  readonly signal: AbortSignal
}

async function carryOutPlan(swap: Swap, { app, plan, options, onStep, signal }: Work): Promise<PlannedSwap> {
  const sayWhatGoesOn = () =>
    onStep(`A swap that has begun goes on. How it stands: ${commandFor('rollback', options)} --dry-run`)
  signal.addEventListener('abort', sayWhatGoesOn)
  try {
    return await swap.run(app, plan, onStep)
  } finally {
    signal.removeEventListener('abort', sayWhatGoesOn)
  }
}
