import { relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { durationText, exitCodesHelp, Progress, parseDuration } from 'command-line'
import { Argument, Command, Option } from 'commander'
import { startPlatform } from 'local-azure'
import { PRACTICE_FAULTS } from '../practice/faults.ts'
import { practise } from '../practice/practise.ts'

type PractiseOptions = { readonly for: number; readonly file: string }

const SNAPSHOT = fileURLToPath(new URL('../../../infra/main.snapshot.json', import.meta.url))
const AGENT = fileURLToPath(new URL('../../../apps/agent/src/main.ts', import.meta.url))

export function practiseCommand(signal: AbortSignal): Command {
  const faults = Object.entries(PRACTICE_FAULTS).map(([name, { description }]) => `  ${name.padEnd(18)}${description}`)
  return new Command('practise')
    .description('break the ground under the agent on the local platform, for `llmops doctor` to find')
    .addArgument(new Argument('<fault>', 'what breaks').choices(Object.keys(PRACTICE_FAULTS)))
    .addOption(
      new Option('--for <time>', 'when it ends by itself, such as 90s, 5m or 1h; without a unit, seconds')
        .argParser(parseDuration)
        .default(300_000, durationText(300_000)),
    )
    .option(
      '--file <path>',
      'the variables of the agent, for `--env-file` of the doctor and of Node, or for a POSIX shell',
      '.data/practice.env',
    )
    .addHelpText('after', `\nFaults:\n${faults.join('\n')}`)
    .addHelpText('after', exitCodesHelp({ 0: 'practised and restored, also where Ctrl-C ended it' }))
    .action((name: string, options: PractiseOptions) => run(name, options, signal))
}

async function run(name: string, { for: forMs, file }: PractiseOptions, signal: AbortSignal): Promise<void> {
  const progress = new Progress()
  progress.line(`${name} for ${durationText(forMs)}: starting the agent on the local platform.`)
  const fault = PRACTICE_FAULTS[name]!
  const platform = await startPlatform({ snapshot: SNAPSHOT, entry: AGENT, instances: 1, exportTelemetry: false })
  try {
    signal.throwIfAborted()
    const path = resolve(file)
    const onBegun = () => {
      console.log(path)
      progress.line(`Now ${fault.description}. The agent: ${platform.productionUrl}`)
      const env = relative('.', path).replaceAll('\\', '/')
      progress.line(`In another shell: npx --yes pnpm@12 llmops doctor --app apps/agent --env-file ${quoted(env)}`)
      progress.line('Ctrl-C ends it and restores everything.')
    }
    await practise({ name, fault, platform, file: path, forMs, signal, onBegun })
    progress.line('Restored.')
  } finally {
    await platform.close()
  }
}

const quoted = (path: string) => (/\s/.test(path) ? `"${path}"` : path)
