import { once } from 'node:events'
import { Progress } from 'command-line'
import { Command, Option } from 'commander'
import { reportText } from '../drill/report.ts'
import { runDrill } from '../drill/run-drill.ts'
import { SCENARIOS } from '../drill/scenarios.ts'
import { exitCodeOf } from '../drill/verdict.ts'
import { parseRate, parseSeed, parseSpeed } from '../options.ts'

type DrillCommandOptions = {
  readonly scenario: string
  readonly seed: number
  readonly speed: number
  readonly rps: number
  readonly json?: boolean
  readonly keep?: boolean
}

export function drillCommand(): Command {
  const scenarios = Object.values(SCENARIOS).map(({ name, description }) => `  ${name.padEnd(12)}${description}`)
  return new Command('drill')
    .description('hurt the agent on the local platform and watch it heal')
    .addOption(new Option('--scenario <name>', 'what goes wrong').choices(Object.keys(SCENARIOS)).default('outage'))
    .option('--seed <n>', 'makes faults and the model repeatable', parseSeed, 1)
    .option('--speed <factor>', 'rule seconds that pass in a second', parseSpeed, 60)
    .option('--rps <n>', 'users a second', parseRate, 10)
    .option('--json', 'print the verdict as JSON; progress goes to standard error')
    .option('--keep', 'leave the platform up afterwards, until Ctrl-C')
    .addHelpText(
      'after',
      `\nScenarios:\n${scenarios.join('\n')}\n\nExit codes: 0 every hypothesis held, 1 one did not, 2 could not run.`,
    )
    .action(async (options: DrillCommandOptions) => {
      process.exitCode = await drill(options)
    })
}

async function drill({ scenario, seed, speed, rps, json, keep }: DrillCommandOptions): Promise<number> {
  const progress = new Progress()
  const stop = new AbortController()
  const onInterrupt = () => stop.abort(new Error('interrupted'))
  process.once('SIGINT', onInterrupt)
  process.once('SIGTERM', onInterrupt)
  progress.line(`Drill: ${SCENARIOS[scenario]!.description}. A minute of a rule lasts ${(60 / speed).toFixed(1)} s.`)
  const startedAtMs = performance.now()
  const { verdict, platform } = await runDrill({
    scenario: SCENARIOS[scenario]!,
    seed,
    speed,
    ratePerSecond: rps,
    signal: stop.signal,
    onStep: (text) => progress.line(`${secondsSince(startedAtMs)}  ${text}`),
    onProgress: (text) => progress.update(`         ${text}`),
  })
  try {
    progress.stop()
    console.log(json ? JSON.stringify(verdict, null, 2) : `\n${reportText(verdict)}`)
    if (keep) {
      progress.line(`\nThe platform stays up. The page: ${platform.productionUrl}  Ctrl-C ends it.`)
      progress.line(
        `Swap by hand: pnpm promote --local ${platform.armUrl}, or pnpm rollback --local ${platform.armUrl}`,
      )
      await once(stop.signal, 'abort')
    } else progress.line('\nNext: `drill --keep` leaves the platform up, `drill --help` lists the scenarios.')
  } finally {
    await platform.close()
  }
  return exitCodeOf(verdict)
}

function secondsSince(startedAtMs: number): string {
  return `${((performance.now() - startedAtMs) / 1000).toFixed(1).padStart(5)} s`
}
