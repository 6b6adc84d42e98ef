import { exitCodesHelp, parseUrl } from 'command-line'
import { Command, Option } from 'commander'
import { AgentClient } from '../target/agent-client.ts'

type AskOptions = { readonly baseUrl: URL; readonly tenantKey?: string; readonly tenant?: string }

export function askCommand(signal: AbortSignal): Command {
  return new Command('ask')
    .description('ask a running agent one question, and print its answer as JSON')
    .argument('<prompt>', 'such as "Where is my order ORD-1001?"')
    .option('--base-url <url>', 'the agent', parseUrl, new URL('http://127.0.0.1:3000'))
    .addOption(new Option('--tenant-key <key>', 'who pays: sent as a bearer token').env('TENANT_KEY'))
    .option('--tenant <name>', 'who pays, where the agent takes it from the body (embedded platform only)')
    .addHelpText('after', exitCodesHelp({ 0: 'the answer is printed' }))
    .action(async (prompt: string, options: AskOptions) => {
      console.log(JSON.stringify(await new AgentClient({ ...options, signal }).ask(prompt), null, 2))
    })
}
