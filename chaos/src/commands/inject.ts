import { Progress, paint, parseUrl } from 'command-line'
import { Command, Option } from 'commander'
import { openLoop } from '../load/open-loop.ts'
import { promptFor } from '../load/prompts.ts'
import { type Sample, summarise } from '../load/tally.ts'
import { parseDuration, parseProbability, parseRate, parseSeed } from '../options.ts'
import { ms, percent, summaryText } from '../output/summary-text.ts'
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
  readonly json?: boolean
}

/** A fault must outlive the load a little, and end by itself should this process be killed. */
const TTL_MARGIN_MS = 5000

export function injectCommand(): Command {
  return new Command('inject')
    .description('set a fault on a running agent, drive /chat at a rate, and switch the fault off again')
    .requiredOption('--base-url <url>', 'the agent, such as https://my-agent.azurewebsites.net', parseUrl)
    .addOption(
      new Option('--mode <mode>', 'the fault')
        .choices(['off', 'throttle', 'malformed', 'outage', 'latency-spike'])
        .default('outage'),
    )
    .option('--probability <p>', 'share of the calls that are hurt, 0 to 1', parseProbability, 1)
    .option('--rps <n>', 'requests a second, sent whether or not earlier ones were answered', parseRate, 5)
    .option('--duration <time>', 'such as 300, 300s or 5m', parseDuration, 60_000)
    .addOption(new Option('--token <token>', "the agent's admin token").env('ADMIN_TOKEN'))
    .addOption(new Option('--tenant-key <key>', 'who pays: sent as a bearer token').env('TENANT_KEY'))
    .option('--tenant <name>', 'who pays, where the agent takes it from the body (embedded platform only)')
    .option('--prompt <text>', 'what to ask; a few questions in turn without it')
    .option('--seed <n>', 'makes the fault repeatable', parseSeed)
    .option('--json', 'print the result as JSON')
    .action(async (options: InjectOptions) => {
      process.exitCode = await inject(options)
    })
}

async function inject(options: InjectOptions): Promise<number> {
  const agent = new AgentClient({
    baseUrl: options.baseUrl,
    adminToken: options.token,
    tenantKey: options.tenantKey,
    tenant: options.tenant,
  })
  const progress = new Progress()
  progress.line(
    `${options.mode} at probability ${options.probability} on ${options.baseUrl.origin}: ` +
      `${options.rps} requests a second for ${ms(options.duration)}.`,
  )
  const before = await agent.health()
  const stop = new AbortController()
  const onInterrupt = () => stop.abort()
  process.once('SIGINT', onInterrupt)
  process.once('SIGTERM', onInterrupt)

  const samples: Sample[] = []
  let succeeded = 0
  let shed = 0
  try {
    // Inside the try: an answer lost on the way back may still have set the fault.
    await agent.setFault({
      mode: options.mode,
      probability: options.probability,
      ttlMs: options.duration + TTL_MARGIN_MS,
      ...(options.seed === undefined ? {} : { seed: options.seed }),
    })
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(options.duration)])
    const load = await openLoop({ ratePerSecond: options.rps, signal }, async (index) => {
      const sample = await agent.chat(options.prompt ?? promptFor(index))
      samples.push(sample)
      if (sample.succeeded) succeeded++
      progress.update(`${samples.length} requests, ${percent(succeeded / samples.length)} succeeded`)
    })
    shed = load.shed
  } finally {
    await agent.clearFault()
    process.removeListener('SIGINT', onInterrupt)
    process.removeListener('SIGTERM', onInterrupt)
    progress.line('The fault is off.')
  }

  const after = await agent.health()
  const summary = summarise(samples)
  if (options.json) {
    console.log(JSON.stringify({ ...summary, shed, instanceBefore: before.instance, instanceAfter: after.instance }))
    return 0
  }
  console.log(summaryText(summary))
  if (shed > 0) console.log(`  ${shed} arrivals were not sent: too many requests were waiting for an answer`)
  const flipped = before.instance !== after.instance
  console.log(
    flipped
      ? paint(
          'green',
          `  /health changed from instance ${before.instance} to ${after.instance}: production was swapped.`,
        )
      : `  /health is instance ${after.instance}, as before.`,
  )
  return 0
}
