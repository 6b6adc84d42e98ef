import { createMCPClient } from '@ai-sdk/mcp'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { Client as Sdk1Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as Sdk1Transport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { createMcpHandler, fromJsonSchema, McpServer } from '@modelcontextprotocol/server'
import { context, propagation, trace } from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { RecordedTelemetry, useAsyncContext } from '../../test/support/recorded-telemetry.ts'
import { serve } from '../../test/support/serve.ts'
import { createLlmOps } from '../llmops.ts'
import { mcpRouter } from '../mcp/index.ts'
import { createSli } from '../sli/index.ts'
import { type McpClient, McpToolFailedError } from './index.ts'

const ops = createLlmOps()

/** What the tools of the server were called with. */
const pay = vi.fn((_: unknown, meta: unknown) => ({
  content: [{ type: 'text' as const, text: JSON.stringify(meta ?? null) }],
}))
let ended: PromiseWithResolvers<void>
let started: PromiseWithResolvers<void>

beforeEach(() => {
  pay.mockClear()
  ended = Promise.withResolvers()
  started = Promise.withResolvers()
})

/** The SDK's own server, without us. */
function createServer(): McpServer {
  const server = new McpServer({ name: 'others', version: '1.0.0' })
  const add = fromJsonSchema<{ a: number; b: number }>({
    type: 'object',
    properties: { a: { type: 'number' }, b: { type: 'number' } },
    required: ['a', 'b'],
  })
  const outputSchema = fromJsonSchema<{ sum: number }>({
    type: 'object',
    properties: { sum: { type: 'number' } },
    required: ['sum'],
  })
  const nothing = fromJsonSchema({ type: 'object', properties: {} })
  server.registerTool('math.add', { description: 'Adds.', inputSchema: add, outputSchema }, ({ a, b }) => ({
    content: [{ type: 'text', text: `${a + b}` }],
    structuredContent: { sum: a + b },
  }))
  server.registerTool('pay', { description: 'Pays.', inputSchema: nothing }, (args, { mcpReq }) =>
    pay(args, mcpReq._meta),
  )
  server.registerTool('fail', { description: 'Fails.', inputSchema: nothing }, () => ({
    isError: true,
    content: [{ type: 'text', text: 'There is no such order: 7' }],
  }))
  server.registerTool('wait', { description: 'Waits.', inputSchema: nothing }, (_, { mcpReq }) => {
    const { promise, resolve } = Promise.withResolvers<{ content: [] }>()
    mcpReq.signal.addEventListener('abort', () => {
      resolve({ content: [] })
      ended.resolve()
    })
    started.resolve()
    return promise
  })
  return server
}

async function served(): Promise<URL> {
  const handle = toNodeHandler(createMcpHandler(createServer))
  return new URL(
    `${await serve((app) => void app.all('/mcp', (request, response) => void handle(request, response)))}/mcp`,
  )
}

async function sdk2(url: URL, options = {}): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' }, options)
  await client.connect(new StreamableHTTPClientTransport(url))
  onTestFinished(() => client.close())
  return client
}

const CLIENTS: Readonly<Record<string, (url: URL) => Promise<McpClient>>> = {
  'of SDK 2, by 2026-07-28': (url) => sdk2(url, { versionNegotiation: { mode: 'auto' } }),
  'of SDK 2, by 2025-11-25': (url) => sdk2(url),
  'of SDK 1': async (url) => {
    const client = new Sdk1Client({ name: 'test', version: '1' })
    await client.connect(new Sdk1Transport(url) as never)
    onTestFinished(() => client.close())
    return client
  },
  'of the AI SDK': async (url) => {
    const client = await createMCPClient({ transport: { type: 'http', url: url.href } })
    onTestFinished(() => client.close())
    return client
  },
}

async function toolsOf(client: McpClient, options: Parameters<typeof ops.mcpTools>[1] = {}) {
  const tools = await ops.mcpTools(client, options)
  return Object.fromEntries(tools.map((tool) => [tool.name, tool]))
}

describe.each(Object.entries(CLIENTS))('a client %s', (name, connect) => {
  it('makes tools that models can be offered, and that repair what a model wrote', async () => {
    const tools = await toolsOf(await connect(await served()))
    expect(Object.keys(tools)).toEqual(['math_add', 'pay', 'fail', 'wait'])
    expect(tools.math_add!.definition.function).toMatchObject({ name: 'math_add', description: 'Adds.' })
    expect(tools.math_add!.effect).toBe('effect')
    expect(await tools.math_add!.call('{"a":"1","b":2,}')).toEqual({ sum: 3 })
  })

  it('throws what the server says of a failure', async () => {
    const { fail } = await toolsOf(await connect(await served()))
    const error = await fail!.call({}).catch((error: unknown) => error)
    expect(McpToolFailedError.isInstance(error) && error.said).toBe('There is no such order: 7')
  })

  it('has the server end what its caller aborts', async () => {
    const { wait } = await toolsOf(await connect(await served()), { effects: { wait: 'read' } })
    const leaving = new AbortController()
    const call = wait!.call({}, { signal: leaving.signal })
    await Promise.race([started.promise, call])
    leaving.abort(new Error('left'))
    await expect(call).rejects.toThrow('left')
    // Before 2026-07-28 another request says it, and this server has no session to find the call by.
    if (name.includes('2026-07-28')) await ended.promise
  })

  it('sends the server the key of an effect', async () => {
    const { pay: tool } = await toolsOf(await connect(await served()))
    const said = JSON.parse((await tool!.call({}, { key: name })) as string) as Record<string, unknown> | undefined
    // That client has no way to send `_meta`.
    if (name !== 'of the AI SDK') expect(said).toMatchObject({ 'llmops/idempotency-key': name })
    expect(pay).toHaveBeenCalledTimes(1)
  })
})

describe('tools of a router of this library', () => {
  it('return their refusals with their codes, and go on in the same trace', async () => {
    const telemetry = new RecordedTelemetry()
    useAsyncContext()
    trace.setGlobalTracerProvider(telemetry.tracerProvider)
    propagation.setGlobalPropagator(new W3CTraceContextPropagator())
    onTestFinished(() => {
      for (const part of [trace, context, propagation]) part.disable()
    })
    const remote = createLlmOps({ budget: { limitUsd: 1 }, sli: createSli({ meter: telemetry.meter }) })
    const parameters = { type: 'object', properties: {} }
    const look = remote.tool({ name: 'look', description: 'Looks.', parameters, effect: 'read', run: () => 'seen' })
    const dear = remote.tool({ name: 'dear', description: 'Costs.', parameters, costUsd: 2, run: () => 'never' })
    const url = await serve((app) => {
      const serverInfo = { name: 'shop', version: '1' }
      const router = { ops: remote, tools: [look, dear], tenant: () => 'contoso', serverInfo }
      app.use(mcpRouter({ ...router, allowedHosts: ['127.0.0.1'] }))
    })
    const local = createLlmOps({ sli: createSli({ meter: telemetry.meter }) })
    const client = await sdk2(new URL(`${url}/mcp`), { versionNegotiation: { mode: 'auto' } })
    const [looks, costs] = await local.mcpTools(client, {
      prefix: 'shop_',
      trustAnnotations: true,
      meter: telemetry.meter,
    })

    expect([looks!.effect, costs!.effect]).toEqual(['read', 'effect'])
    expect(await local.task({ tenant: 'me' }, () => looks!.call({}))).toBe('seen')
    await expect(costs!.call({})).rejects.toMatchObject({ code: 'mcp_tool_failed', serverCode: 'budget_exceeded' })
    const [calling] = telemetry.spans.filter(({ name }) => name === 'execute_tool shop_look')
    const [answering] = telemetry.spans.filter(({ name }) => name === 'execute_tool look')
    expect(answering!.spanContext().traceId).toBe(calling!.spanContext().traceId)
    expect(calling!.attributes).toMatchObject({ 'mcp.method.name': 'tools/call' })
    const call = { 'mcp.method.name': 'tools/call', 'gen_ai.operation.name': 'execute_tool' }
    const points = await telemetry.points('mcp.client.operation.duration')
    expect(points.map(({ attributes }) => attributes)).toEqual([
      { 'mcp.method.name': 'tools/list' },
      { ...call, 'gen_ai.tool.name': 'look' },
      { ...call, 'gen_ai.tool.name': 'dear', 'error.type': 'tool_error' },
    ])
  })
})
