import { accessSync, constants, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import {
  durationText,
  EXIT,
  exitCodesHelp,
  LeafCommand,
  Progress,
  paint,
  parseDuration,
  parseUrl,
  UsageError,
} from 'command-line'
import { type Command, Option } from 'commander'
import { type Condition, judgeCondition } from '../fail-if/condition.ts'
import { conditionsText, metricsHelp } from '../fail-if/conditions-text.ts'
import { parseCondition } from '../fail-if/parse-condition.ts'
import { type Injection, injectFault } from '../load/inject-fault.ts'
import { parseProbability, parseRate, parseSeed } from '../options.ts'
import { summaryText } from '../output/summary-text.ts'
import { AgentClient } from '../target/agent-client.ts'

type InjectOptions = {
  readonly baseUrl: URL
  readonly mode: string
  readonly probability: number
  readonly rps: number
  readonly duration: number
  readonly token?: string
  readonly tenantKey?: string
  readonly tenant?: string
  readonly prompt?: string
  readonly seed?: number
  readonly failIf?: readonly Condition[]
  readonly report?: string
  readonly json?: boolean
}

export function injectCommand(signal: AbortSignal): Command {
  return new LeafCommand('inject')
    .description('set a fault on a running agent, drive /chat at a rate, and switch the fault off again')
    .requiredOption('--base-url <url>', 'the agent, such as http://127.0.0.1:3000', parseUrl)
    .addOption(
      new Option('--mode <mode>', 'the fault')
        .choices(['off', 'throttle', 'malformed', 'outage', 'latency-spike'])
        .default('outage'),
    )
    .option('--probability <p>', 'share of the calls that are hurt, 0 to 1', parseProbability, 1)
    .option('--rps <n>', 'requests a second, sent whether or not earlier ones were answered', parseRate, 5)
    .addOption(
      new Option('--duration <time>', 'such as 90s, 5m or 500ms; without a unit, seconds')
        .argParser(parseDuration)
        .default(60_000, durationText(60_000)),
    )
    .addOption(new Option('--token <token>', "the agent's admin token").env('ADMIN_TOKEN'))
    .addOption(new Option('--tenant-key <key>', 'who pays: sent as a bearer token').env('TENANT_KEY'))
    .option('--tenant <name>', 'who pays, where the agent takes it from the body (embedded platform only)')
    .option('--prompt <text>', 'what to ask; a few questions in turn without it')
    .option('--seed <n>', 'makes the fault repeatable', parseSeed)
    .option(
      '--fail-if <condition>',
      'exit code 1 if it is met, such as "success<0.95" or "p95>2s"; may be repeated; without data it is met',
      parseCondition,
    )
    .option('--report <file>', 'write the result as JSON to a file, too')
    .option('--json', 'print the result as JSON; progress goes to standard error')
    .addHelpText('after', metricsHelp())
    .addHelpText(
      'after',
      exitCodesHelp({ 0: 'the load ran, and no --fail-if was met', 1: 'a --fail-if was met' }, { json: true }),
    )
    .action(async (options: InjectOptions) => {
      process.exitCode = await inject(options, signal)
    })
}

async function inject(options: InjectOptions, signal: AbortSignal): Promise<number> {
  const { baseUrl, token, tenantKey, tenant, report, failIf = [] } = options
  if (report !== undefined) checkWritable(report)
  const progress = new Progress()
  const agent = new AgentClient({ baseUrl, adminToken: token, tenantKey, tenant, signal })
  const injection = await injectFault(agent, { ...options, signal, progress })

  const judged = failIf.map((condition) => [condition, judgeCondition(condition, injection)] as const)
  const held = judged.every(([, { failed }]) => !failed)
  const { notCleared, ...measured } = injection
  const result = { held, failIf: judged.map(([, judgement]) => judgement), interrupted: signal.aborted, ...measured }
  if (report !== undefined) writeFileSync(report, `${JSON.stringify(result, null, 2)}\n`)
  const conditions = judged.length === 0 ? [] : [conditionsText(judged), '']
  console.log(options.json ? JSON.stringify(result) : [...conditions, injectionText(injection)].join('\n'))
  signal.throwIfAborted()
  if (notCleared !== undefined) throw new UsageError(notCleared)
  return held ? EXIT.held : EXIT.didNotHold
}

function injectionText(injection: Injection): string {
  const { shed, instanceBefore, instanceAfter } = injection
  return [
    summaryText(injection),
    ...(shed > 0 ? [`  ${shed} arrivals were not sent: too many requests were waiting for an answer`] : []),
    ...(instanceAfter === undefined ? [] : [instanceText(instanceBefore, instanceAfter)]),
  ].join('\n')
}

function instanceText(before: string, after: string): string {
  return before === after
    ? `  /health is instance ${after}, as before.`
    : paint('green', `  /health changed from instance ${before} to ${after}: production was swapped.`)
}

/** Before the load, not after it. */
function checkWritable(file: string): void {
  const folder = dirname(resolve(file))
  try {
    accessSync(folder, constants.W_OK)
  } catch (error) {
    throw new UsageError(
      `--report ${file}: the folder ${folder} cannot be written (${(error as { code?: string }).code}).`,
    )
  }
}
