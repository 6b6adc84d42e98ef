import { fileURLToPath } from 'node:url'
import { EXIT, exitCodesHelp, Progress, parseUrl, UsageError } from 'command-line'
import { Command, Option } from 'commander'
import { startPlatform } from 'local-azure'
import { parseCalls, parseInstances } from '../options.ts'
import { chatCaller, MCP_VERSIONS, mcpCaller } from '../spread/callers.ts'
import { withCookies } from '../spread/cookie-jar.ts'
import { spread } from '../spread/spread.ts'
import { spreadText } from '../spread/spread-text.ts'
import type { AgentClientOptions } from '../target/agent-client.ts'

type SpreadCommandOptions = {
  readonly baseUrl?: URL
  readonly calls: number
  readonly instances?: number
  readonly keepCookies?: boolean
  readonly tenantKey?: string
  readonly tenant?: string
  readonly json?: boolean
}

const SNAPSHOT = fileURLToPath(new URL('../../../infra/main.snapshot.json', import.meta.url))
const AGENT = fileURLToPath(new URL('../../../apps/agent/src/main.ts', import.meta.url))
const LOCAL_INSTANCES = 3

export function spreadCommand(signal: AbortSignal): Command {
  return new Command('spread')
    .description('call through the front door and tally who answered: /chat, and /mcp in its old and its new protocol')
    .option('--base-url <url>', 'the agent, such as https://my-agent.azurewebsites.net', parseUrl)
    .option('--calls <n>', 'calls in each protocol, one after the other', parseCalls, 30)
    .option('--instances <n>', 'how many instances should answer; by default all that any call met', parseInstances)
    .option('--keep-cookies', 'send back the cookies that are set, as a browser does: what affinity makes of it')
    .addOption(new Option('--tenant-key <key>', 'who pays: sent as a bearer token').env('TENANT_KEY'))
    .option('--tenant <name>', 'who pays for /chat, where the agent takes it from the body (embedded platform only)')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `\nWithout --base-url it starts the agent on the local platform, with --instances (${LOCAL_INSTANCES}) of each slot.`,
    )
    .addHelpText(
      'after',
      exitCodesHelp(
        { 0: 'every instance answered in every protocol', 1: 'one did not, or a call failed' },
        { json: true },
      ),
    )
    .action(async (options: SpreadCommandOptions) => {
      process.exitCode = await run(options, signal)
    })
}

async function run(options: SpreadCommandOptions, signal: AbortSignal): Promise<number> {
  const { baseUrl, instances = LOCAL_INSTANCES } = options
  if (baseUrl !== undefined) return await spreadOver(baseUrl, options, signal)
  const platform = await startPlatform({ snapshot: SNAPSHOT, entry: AGENT, instances, exportTelemetry: false })
  try {
    signal.throwIfAborted()
    return await spreadOver(new URL(platform.productionUrl), { ...options, instances }, signal)
  } finally {
    await platform.close()
  }
}

async function spreadOver(baseUrl: URL, options: SpreadCommandOptions, signal: AbortSignal): Promise<number> {
  const { json, calls, instances, keepCookies, tenantKey, tenant } = options
  const progress = new Progress()
  const target: AgentClientOptions = {
    baseUrl,
    tenantKey,
    tenant,
    signal,
    ...(keepCookies && { fetch: withCookies(fetch) }),
  }
  const callers = [chatCaller(target), ...MCP_VERSIONS.map((version) => mcpCaller(version, target))]
  try {
    const result = await spread({
      callers,
      calls,
      expected: instances,
      signal,
      onCall: (protocol, met) => progress.update(`${protocol}: ${met} instances so far`),
    })
    progress.stop()
    signal.throwIfAborted()
    if (result.instances.length === 0) {
      throw new UsageError(`No agent answers at ${baseUrl.origin}: ${result.protocols[0]!.failure}. Is it running?`)
    }
    console.log(json ? JSON.stringify(result, null, 2) : spreadText(result))
    return result.held ? EXIT.held : EXIT.didNotHold
  } finally {
    await Promise.all(callers.map((caller) => caller.close()))
  }
}
