import { once } from 'node:events'
import { exitCodesHelp, Progress } from 'command-line'
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

export function drillCommand(signal: AbortSignal): Command {
  const scenarios = Object.values(SCENARIOS).map(({ name, description }) => `  ${name.padEnd(12)}${description}`)
  return new Command('drill')
    .description('hurt the agent on the local platform and watch it heal')
    .addOption(new Option('--scenario <name>', 'what goes wrong').choices(Object.keys(SCENARIOS)).default('outage'))
    .option('--seed <n>', 'makes faults and the model repeatable', parseSeed, 1)
    .option('--speed <factor>', 'rule seconds that pass in a second', parseSpeed, 60)
    .option('--rps <n>', 'users a second', parseRate, 10)
    .option('--json', 'print the verdict as JSON; progress goes to standard error')
    .option('--keep', 'leave the platform up afterwards, until Ctrl-C')
    .addHelpText('after', `\nScenarios:\n${scenarios.join('\n')}`)
    .addHelpText('after', exitCodesHelp({ 0: 'every hypothesis', 1: 'a hypothesis' }, { json: true }))
    .action(async (options: DrillCommandOptions) => {
      process.exitCode = await drill(options, signal)
    })
}

async function drill(options: DrillCommandOptions, signal: AbortSignal): Promise<number> {
  const { scenario, seed, speed, rps, json, keep } = options
  const progress = new Progress()
  progress.line(`Drill: ${SCENARIOS[scenario]!.description}. A minute of a rule lasts ${(60 / speed).toFixed(1)} s.`)
  const startedAtMs = performance.now()
  const { verdict, platform } = await runDrill({
    scenario: SCENARIOS[scenario]!,
    seed,
    speed,
    ratePerSecond: rps,
    signal,
    onStep: (text) => progress.line(`${secondsSince(startedAtMs)}  ${text}`),
    onProgress: (text) => progress.update(`         ${text}`),
  })
  try {
    progress.stop()
    console.log(json ? JSON.stringify(verdict, null, 2) : `\n${reportText(verdict)}`)
    if (keep) {
      progress.line(`\nThe platform stays up. The page: ${platform.productionUrl}  Ctrl-C ends it.`)
      progress.line(`To swap by hand, in another shell: npx --yes pnpm@12 promote --local ${platform.armUrl}`)
      progress.line(`and back: npx --yes pnpm@12 rollback --local ${platform.armUrl}`)
      if (!signal.aborted) await once(signal, 'abort')
    } else {
      progress.line('\nTo leave the platform up: npx --yes pnpm@12 drill --keep')
      progress.line('The other scenarios: npx --yes pnpm@12 drill --help')
    }
  } finally {
    await platform.close()
  }
  return exitCodeOf(verdict)
}

function secondsSince(startedAtMs: number): string {
  return `${((performance.now() - startedAtMs) / 1000).toFixed(1).padStart(5)} s`
}
