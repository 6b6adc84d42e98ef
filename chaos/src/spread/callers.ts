import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { promptFor } from '../load/prompts.ts'
import { AgentClient, type AgentClientOptions } from '../target/agent-client.ts'

/** One way to ask the agent something, which says who answered. */
export type Caller = {
  readonly protocol: string
  /** @throws when no instance answered, or one answered wrongly. */
  call(): Promise<string>
  close(): Promise<void>
}

export function chatCaller(options: AgentClientOptions): Caller {
  const agent = new AgentClient(options)
  let sent = 0
  return {
    protocol: 'http /chat',
    async call() {
      const { status, instance } = await agent.chat(promptFor(sent++))
      if (instance === undefined) throw new Error(`/chat answered ${status}`)
      return instance
    },
    close: async () => {},
  }
}

const ERAS = {
  '2025-11-25': { mode: 'legacy' },
  '2026-07-28': { mode: { pin: '2026-07-28' } },
} as const

export const MCP_VERSIONS = Object.keys(ERAS) as readonly (keyof typeof ERAS)[]

type Tally = { readonly total: number; readonly handle: string; readonly served_by: string }

/** Adds 1 by the tool `tally`, repeatedly: each instance must continue with the handle of the previous one. */
export function mcpCaller(version: keyof typeof ERAS, options: AgentClientOptions): Caller {
  let client: Client | undefined
  let state: Tally | undefined
  return {
    protocol: `mcp ${version}`,
    async call() {
      client ??= await connect(version, options)
      const args = { add: 1, ...(state && { handle: state.handle }) }
      const { isError, content, structuredContent } = await client.callTool({ name: 'tally', arguments: args })
      if (isError) throw new Error(JSON.stringify(content))
      const expected = (state?.total ?? 0) + 1
      state = structuredContent as Tally
      if (state.total !== expected) throw new Error(`the total is ${state.total}, not ${expected}`)
      return state.served_by
    },
    close: async () => client?.close(),
  }
}

async function connect(version: keyof typeof ERAS, { baseUrl, tenantKey, fetch }: AgentClientOptions): Promise<Client> {
  const client = new Client({ name: 'chaos-spread', version: '1' }, { versionNegotiation: ERAS[version] })
  const requestInit = tenantKey ? { headers: { authorization: `Bearer ${tenantKey}` } } : {}
  const url = new URL('/mcp', baseUrl)
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit, ...(fetch && { fetch }) }))
  return client
}
