import { createHash } from 'node:crypto'
import { request } from 'node:http'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { createRequestStateCodec } from '@modelcontextprotocol/server'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { startTestAgent, type TestAgent } from '../../test/support/test-agent.ts'

const MCP_HANDLE_KEY = 'a-key-of-thirty-two-characters-or-more'
const hashOf = (key: string) => createHash('sha256').update(key).digest('hex')
const VARIABLES = {
  MCP_HANDLE_KEY,
  TENANT_KEYS: `contoso=${hashOf('key-of-contoso')},fabrikam=${hashOf('key-of-fabrikam')}`,
}

const agents: TestAgent[] = []
afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.stop()))
})

async function start(variables: Record<string, string> = VARIABLES): Promise<TestAgent> {
  const agent = await startTestAgent(variables)
  agents.push(agent)
  return agent
}

async function connect(agent: TestAgent, key = 'key-of-contoso'): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'auto' } })
  const requestInit = { headers: { authorization: `Bearer ${key}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', agent.url), { requestInit }))
  onTestFinished(() => client.close())
  return client
}

type Tally = { readonly total: number; readonly version: number; readonly handle: string; readonly served_by: string }

/** @throws with the tool's message if the tool refused. */
async function add(client: Client, amount: number, handle?: string): Promise<Tally> {
  const answer = await client.callTool({ name: 'tally', arguments: { add: amount, ...(handle && { handle }) } })
  if (answer.isError) throw new Error(JSON.stringify(answer.content))
  return answer.structuredContent as Tally
}

describe('/mcp', () => {
  it('serves the tools of the agent, its help centre and two prompts', async () => {
    const client = await connect(await start())
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toEqual(['lookup', 'get_order', 'convert_currency', 'create_ticket', 'tally'])
    const order = await client.callTool({ name: 'get_order', arguments: { orderId: 'ORD-1001' } })
    expect(JSON.stringify(order.content)).toContain('ORD-1001')

    const { resources } = await client.listResources()
    const returns = resources.find(({ uri }) => uri === 'help://shop/returns-and-refunds')
    const { contents } = await client.readResource({ uri: returns!.uri })
    expect(contents[0]).toMatchObject({ mimeType: 'text/plain', text: expect.stringContaining('60 days') })

    const { prompts } = await client.listPrompts()
    expect(prompts.map(({ name }) => name)).toEqual(['order_status', 'answer_complaint'])
    const prompt = await client.getPrompt({ name: 'order_status', arguments: { orderId: 'ORD-1001' } })
    expect(JSON.stringify(prompt.messages)).toContain('ORD-1001')
  })

  it('is for tenants only', async () => {
    const agent = await start()
    await expect(connect(agent, 'key-of-nobody')).rejects.toThrow()
    const response = await fetch(new URL('/mcp', agent.url), { method: 'POST', body: '{}' })
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ code: 'not_authenticated' })
  })

  it.each([
    ['2025-11-25', 429],
    ['2026-07-28', 400],
  ])('serves no call of %s as a subscription, which needs no place', async (version, status) => {
    const agent = await start({ ...VARIABLES, MAX_CONCURRENT_TASKS: '1' })
    const headers = {
      authorization: 'Bearer key-of-contoso',
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    }
    const slow = request(new URL('/mcp', agent.url), { method: 'POST', headers: { ...headers, 'content-length': 9 } })
    onTestFinished(() => void slow.on('error', () => {}).destroy())
    slow.write('{')
    await agent.running(1)
    const params = { name: 'get_order', arguments: { orderId: 'ORD-1001' } }
    const response = await fetch(new URL('/mcp', agent.url), {
      method: 'POST',
      headers: { ...headers, 'mcp-protocol-version': version, 'mcp-method': 'subscriptions/listen' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
    })
    expect(response.status).toBe(status)
  })

  it("counts an error of the calling agent as the caller's, so that no outcome of this agent gets worse", async () => {
    const agent = await start()
    const client = await connect(agent)
    const wrong = { get_order: { order: 'last' }, tally: { add: 1, handle: 'mine' }, create_ticket: { subject: 1 } }
    for (const [name, args] of Object.entries(wrong)) {
      expect(await client.callTool({ name, arguments: args })).toMatchObject({ isError: true })
    }
    await client.callTool({ name: 'get_order', arguments: { orderId: 'ORD-9999' } })
    await client.callTool({ name: 'convert_currency', arguments: { amount: 1e300, from: 'USD', to: 'EUR' } })
    const metrics = await (await agent.get('/metrics')).text()
    const failures = metrics.split('\n').filter((line) => line.startsWith('agent_task_failure_total'))
    expect(failures.join('\n')).toContain('class="caller"')
    expect(failures.join('\n')).not.toContain('class="agent"')
    const ratio = (name: string) =>
      ['sum', 'count'].map((part) =>
        [...metrics.matchAll(new RegExp(`${name}_${part}\\{[^}]*\\} (\\d+)`, 'g'))].reduce(
          (all, [, n]) => all + Number(n),
          0,
        ),
      )
    for (const name of ['agent_task_outcome', 'agent_tool_outcome']) {
      const [sum, count] = ratio(name)
      expect(sum).toBe(count)
    }
  })
})

describe('tally', () => {
  it('continues with a handle on another instance, which names itself', async () => {
    const [one, other] = await Promise.all([start(), start()])
    const first = await add(await connect(one), 250)
    expect(first).toMatchObject({ total: 250, version: 1, served_by: one.instance.instance })
    const second = await add(await connect(other), 50, first.handle)
    expect(second).toMatchObject({ total: 300, version: 2, served_by: other.instance.instance })
    expect(await add(await connect(one), 1, first.handle)).toMatchObject({ total: 251, version: 2 })
  })

  it('refuses handles that are forged, cut, too old, of another key or of another tenant', async () => {
    const agent = await start()
    const client = await connect(agent)
    const { handle } = await add(client, 5)
    const [prefix, body, mac] = handle.split('.') as [string, string, string]
    const state = JSON.parse(Buffer.from(body, 'base64url').toString()) as { p: object; exp: number }
    const claimed = Buffer.from(JSON.stringify({ ...state, p: { ...state.p, total: 1e6 } })).toString('base64url')
    const codec = (key: string, ttlSeconds: number) => createRequestStateCodec({ key, ttlSeconds })
    const rightKey = createHash('sha256').update(`tally:${MCP_HANDLE_KEY}`).digest('base64url')
    const late = await codec(rightKey, 1).mint({ tenant: 'contoso', total: 5, version: 1 })
    const old = await outlive(late, rightKey)
    const strange = await codec('another key of more than thirty-two bytes', 60).mint(state.p)
    const refused = [`${prefix}.${claimed}.${mac}`, handle.slice(0, -1), '', 'v1..', old, strange].filter(Boolean)
    for (const bad of refused) await expect(add(client, 1, bad)).rejects.toThrow('handle')
    await expect(add(await connect(agent, 'key-of-fabrikam'), 1, handle)).rejects.toThrow('handle')
    expect(await add(client, 1, handle)).toMatchObject({ total: 6 })
  })
})

/** The same handle, signed with the same key, but expired. */
async function outlive(handle: string, key: string): Promise<string> {
  const body = JSON.parse(Buffer.from(handle.split('.')[1]!, 'base64url').toString()) as { p: unknown; exp: number }
  const now = Date.now
  Date.now = () => (body.exp - 3600) * 1000
  try {
    return await createRequestStateCodec({ key, ttlSeconds: 1 }).mint(body.p)
  } finally {
    Date.now = now
  }
}
