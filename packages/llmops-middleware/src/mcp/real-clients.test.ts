import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createMCPClient } from '@ai-sdk/mcp'
import { Client as Sdk1Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { serve } from '../../test/support/serve.ts'
import { createLlmOps } from '../llmops.ts'
import { currentTask } from '../task.ts'
import { mcpRouter } from './mcp-router.ts'

const require = createRequire(import.meta.url)
const INSPECTOR = join(
  dirname(require.resolve('@modelcontextprotocol/inspector/package.json')),
  'clients/cli/build/index.js',
)

const ops = createLlmOps({ budget: { limitUsd: 1 } })
const add = ops.tool({
  name: 'add',
  description: 'Adds two numbers.',
  parameters: {
    type: 'object',
    properties: { a: { type: 'number' }, b: { type: 'number' } },
    required: ['a', 'b'],
  },
  output: {
    type: 'object',
    properties: { sum: { type: 'number' }, payer: { type: 'string' } },
    required: ['sum', 'payer'],
  },
  effect: 'read',
  run: ({ a, b }) => ({ sum: a + b, payer: currentTask()?.tenant }),
})
const dear = ops.tool({
  name: 'dear',
  description: 'Costs more than there is.',
  parameters: { type: 'object', properties: {} },
  costUsd: 2,
  run: vi.fn(),
})

async function served(): Promise<string> {
  const url = await serve((app) => {
    app.use(
      mcpRouter({
        ops,
        tools: [add, dear],
        tenant: (request) => request.get('authorization')?.replace('Bearer ', ''),
        serverInfo: { name: 'sums', version: '1.0.0' },
        allowedHosts: ['127.0.0.1'],
      }),
    )
  })
  return `${url}/mcp`
}

describe('the client of the AI SDK', () => {
  async function connect() {
    const headers = { authorization: 'Bearer contoso' }
    const client = await createMCPClient({ transport: { type: 'http', url: await served(), headers } })
    onTestFinished(() => client.close())
    return client
  }

  it('makes tools of those that are served, and calls them', async () => {
    const tools = await (await connect()).tools()
    expect(Object.keys(tools)).toEqual(['add', 'dear'])
    const answer = await tools.add!.execute!({ a: 1, b: 2 }, { toolCallId: 'call_1', messages: [], context: {} })
    expect(answer).toMatchObject({ structuredContent: { sum: 3, payer: 'contoso' } })
  })

  it('gets a refusal with its code', async () => {
    const answer = await (await connect()).callTool({ name: 'dear', arguments: {} })
    expect(answer).toMatchObject({ isError: true })
    expect(JSON.stringify(answer.content)).toContain('budget_exceeded')
  })
})

describe('the client of the SDK before 2', () => {
  it('checks results by the output schema that it got', async () => {
    const client = new Sdk1Client({ name: 'test', version: '1' })
    const requestInit = { headers: { authorization: 'Bearer contoso' } }
    await client.connect(new StreamableHTTPClientTransport(new URL(await served()), { requestInit }) as never)
    onTestFinished(() => client.close())
    await client.listTools()
    const answer = await client.callTool({ name: 'add', arguments: { a: 1, b: 2 } })
    expect(answer.structuredContent).toEqual({ sum: 3, payer: 'contoso' })
  })
})

describe('the inspector on the command line', () => {
  async function inspect(...args: string[]): Promise<{ readonly [member: string]: unknown }> {
    const url = await served()
    const all = [INSPECTOR, url, '--transport', 'http', '--header', 'Authorization: Bearer contoso', ...args]
    const home = await mkdtemp(join(tmpdir(), 'inspector-'))
    onTestFinished(() => rm(home, { recursive: true, force: true }))
    return new Promise((resolve, reject) => {
      execFile(process.execPath, all, { env: { ...process.env, HOME: home } }, (error, stdout, stderr) => {
        if (error) reject(new Error(`${stdout}\n${stderr}`))
        else resolve(JSON.parse(stdout))
      })
    })
  }

  it('lists the tools', async () => {
    const { tools } = (await inspect('--method', 'tools/list')) as { tools: { name: string }[] }
    expect(tools.map(({ name }) => name)).toEqual(['add', 'dear'])
  })

  it('calls one, with arguments that it types by the schema', async () => {
    const call = ['--method', 'tools/call', '--tool-name', 'add', '--tool-arg', 'a=1', '--tool-arg', 'b=2']
    expect(await inspect(...call)).toMatchObject({ structuredContent: { sum: 3, payer: 'contoso' } })
  })
})
