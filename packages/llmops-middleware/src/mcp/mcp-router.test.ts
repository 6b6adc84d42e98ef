import { connect as connectTo } from 'node:net'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { context, propagation, trace } from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import express from 'express'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { RecordedTelemetry, useAsyncContext } from '../../test/support/recorded-telemetry.ts'
import { serve } from '../../test/support/serve.ts'
import { problemHandler } from '../express/index.ts'
import { createLlmOps } from '../llmops.ts'
import { createSli } from '../sli/index.ts'
import { currentTask } from '../task.ts'
import { ToolUnavailable } from '../tool/index.ts'
import { type McpRouterOptions, mcpRouter } from './mcp-router.ts'

const SERVER_INFO = { name: 'shop', version: '1.0.0' }
const HOSTS = ['127.0.0.1']
const WORD = { type: 'object', properties: { word: { type: 'string' } }, required: ['word'] } as const

const ops = createLlmOps({ budget: { limitUsd: 1 } })
const echo = ops.tool({
  name: 'echo',
  description: 'Says it again.',
  parameters: WORD,
  effect: 'read',
  run: ({ word }) => ({ word, tenant: currentTask()?.tenant }),
})

async function served(options: Partial<McpRouterOptions> = {}): Promise<string> {
  const tenant = (request: express.Request) => request.get('authorization')?.replace('Bearer ', '')
  const url = await serve((app) => {
    app.use(mcpRouter({ ops, tools: [echo], tenant, serverInfo: SERVER_INFO, allowedHosts: HOSTS, ...options }))
    app.use(problemHandler())
  })
  return `${url}/mcp`
}

const MODES = { '2026-07-28': { versionNegotiation: { mode: 'auto' as const } }, '2025-11-25': {} }

async function connect(url: string, mode: keyof typeof MODES = '2026-07-28', tenant = 'contoso'): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' }, MODES[mode])
  const headers = { authorization: `Bearer ${tenant}` }
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }))
  onTestFinished(() => client.close())
  return client
}

const textOf = ({ content }: { readonly content?: unknown }) => (content as [{ text: string }])[0].text

describe.each(Object.keys(MODES) as (keyof typeof MODES)[])('a client of %s', (mode) => {
  it('lists the tools with their schemas, and what calling them means', async () => {
    const parameters = { type: 'object' as const, properties: {} }
    const made = (name: string, effect: 'read' | 'idempotent' | 'effect') =>
      ops.tool({ name, description: name, parameters, effect, run: () => 1 })
    const tools = [echo, made('put', 'idempotent'), made('pay', 'effect')]
    const client = await connect(await served({ tools }), mode)

    const listed = (await client.listTools()).tools
    expect(listed.map(({ name }) => name)).toEqual(['echo', 'put', 'pay'])
    expect(listed[0]?.inputSchema).toMatchObject(WORD)
    expect(listed.map(({ annotations }) => annotations)).toEqual([
      { readOnlyHint: true },
      { readOnlyHint: false, idempotentHint: true },
      { readOnlyHint: false, destructiveHint: true, idempotentHint: false },
    ])
  })

  it('calls a tool as a task of the tenant that authentication names', async () => {
    const client = await connect(await served(), mode, 'fabrikam')
    const answer = await client.callTool({ name: 'echo', arguments: { word: 'hello' } })
    expect(JSON.parse(textOf(answer))).toEqual({ word: 'hello', tenant: 'fabrikam' })
    expect(answer.isError).toBeFalsy()
  })

  it('reads the result of a tool with an output schema as it is', async () => {
    const output = { type: 'object', properties: { sum: { type: 'number' } }, required: ['sum'] }
    const tool = ops.tool({ name: 'sum', description: 'Adds.', parameters: WORD, output, run: () => ({ sum: 3 }) })
    const client = await connect(await served({ tools: [tool] }), mode)
    await client.listTools()
    expect((await client.callTool({ name: 'sum', arguments: { word: 'x' } })).structuredContent).toEqual({ sum: 3 })
  })

  it('gets the path of what is wrong with arguments, and nothing has run', async () => {
    const run = vi.fn(() => 'paid')
    const pay = ops.tool({ name: 'pay', description: 'Pays.', parameters: WORD, run })
    const client = await connect(await served({ tools: [pay] }), mode)
    const answer = await client.callTool({ name: 'pay', arguments: { wrod: 'x' } })
    expect(answer.isError).toBe(true)
    expect(textOf(answer)).toMatch(/repair_failed: .*word/)
    expect(answer._meta).toMatchObject({ 'llmops/code': 'repair_failed' })
    expect(run).not.toHaveBeenCalled()
  })

  it('gets the code of a refusal, and nothing of what a tool threw', async () => {
    const dear = ops.tool({ name: 'dear', description: 'Costs.', parameters: WORD, costUsd: 2, run: () => 'never' })
    const broken = ops.tool({
      name: 'broken',
      description: 'Throws.',
      parameters: WORD,
      effect: 'read',
      run: () => {
        throw new Error('password=hunter2')
      },
    })
    const client = await connect(await served({ tools: [dear, broken] }), mode)
    const refused = await client.callTool({ name: 'dear', arguments: { word: 'x' } })
    expect(refused).toMatchObject({ isError: true, _meta: { 'llmops/code': 'budget_exceeded' } })
    expect(textOf(refused)).toContain('contoso')
    const failed = await client.callTool({ name: 'broken', arguments: { word: 'x' } })
    expect(failed).toMatchObject({ isError: true })
    expect(JSON.stringify(failed)).not.toContain('hunter2')
  })

  it('gets nothing of what a function threw, whatever became of it', async () => {
    const secret = 'connect ECONNREFUSED password=hunter2'
    const throwing = (name: string, effect: 'read' | 'effect', error: unknown) =>
      ops.tool({
        name,
        description: 'Throws.',
        parameters: { type: 'object' },
        effect,
        run: () => {
          throw error
        },
      })
    const tools = [
      throwing('away', 'read', Object.assign(new Error(secret), { code: 'ECONNREFUSED' })),
      throwing('closed', 'effect', new ToolUnavailable('bank', { reason: secret })),
      throwing('forged', 'read', Object.assign(new Error(secret), { code: 'budget_exceeded' })),
      throwing('fails', 'effect', new Error(secret)),
    ]
    const client = await connect(await served({ tools }), mode)
    const codes: unknown[] = []
    for (const name of ['away', 'closed', 'forged', 'fails', 'fails']) {
      const _meta = { 'llmops/idempotency-key': `${mode} ${name}` }
      const answer = await client.callTool({ name, arguments: {}, _meta })
      expect(JSON.stringify(answer)).not.toContain('hunter2')
      codes.push(answer._meta?.['llmops/code'])
    }
    expect(codes).toEqual(['no_tool_available', 'no_tool_available', 'internal', 'internal', 'duplicate_call'])
  })

  it('gets an answer whole that is longer than what a socket takes at once', async () => {
    const word = 'größe'.repeat(100_000)
    const client = await connect(await served(), mode)
    const answer = await client.callTool({ name: 'echo', arguments: { word } })
    expect(JSON.parse(textOf(answer)).word).toBe(word)
  })

  it('ends a call that it cancels', async () => {
    const heard: unknown[] = []
    const started = Promise.withResolvers<void>()
    const ended = Promise.withResolvers<void>()
    const slow = ops.tool({
      name: 'slow',
      description: 'Waits.',
      parameters: WORD,
      effect: 'read',
      run: (_, { signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            heard.push(signal.reason)
            reject(signal.reason)
            ended.resolve()
          })
          started.resolve()
        }),
    })
    const client = await connect(await served({ tools: [slow] }), mode)
    const leaving = new AbortController()
    const call = client.callTool({ name: 'slow', arguments: { word: 'x' } }, { signal: leaving.signal })
    await started.promise
    leaving.abort()
    await expect(call).rejects.toThrow()
    if (mode === '2026-07-28') {
      await ended.promise
      expect(heard).toHaveLength(1)
    }
  })
})

describe('a key of the client', () => {
  it('makes an effect that is called again the same one, for its tenant alone', async () => {
    let runs = 0
    const keys: string[] = []
    const pay = ops.tool({
      name: 'pay',
      description: 'Pays.',
      parameters: WORD,
      run: (_, { idempotencyKey }) => {
        keys.push(idempotencyKey!)
        runs++
        return 'paid'
      },
    })
    const url = await served({ tools: [pay] })
    const params = { name: 'pay', arguments: { word: 'x' }, _meta: { 'llmops/idempotency-key': 'order-7' } }
    for (const tenant of ['contoso', 'contoso', 'fabrikam']) {
      expect(textOf(await (await connect(url, '2026-07-28', tenant)).callTool(params))).toBe('paid')
    }
    expect(runs).toBe(2)
    expect(keys).toEqual(['["contoso","pay","order-7"]', '["fabrikam","pay","order-7"]'])
  })

  it('reaches the function as that of no other tenant, however its name and the key are written', async () => {
    const keys = new Set<unknown>()
    const run = (_: unknown, { idempotencyKey }: { readonly idempotencyKey?: string | undefined }) => {
      keys.add(idempotencyKey)
      return 'paid'
    }
    const pay = ops.tool({ name: 'pay', description: 'Pays.', parameters: WORD, run })
    const url = await served({ tools: [pay] })
    for (const [tenant, key] of [['a', 'pay:b'] as const, ['a:pay', 'b'] as const]) {
      const params = { name: 'pay', arguments: { word: 'x' }, _meta: { 'llmops/idempotency-key': key } }
      await (await connect(url, '2026-07-28', tenant)).callTool(params)
    }
    expect(keys.size).toBe(2)
  })

  it('is needed for that: two clients count their requests from the same number', async () => {
    let runs = 0
    const pay = ops.tool({ name: 'pay', description: 'Pays.', parameters: WORD, run: () => ++runs })
    const url = await served({ tools: [pay] })
    for (let client = 0; client < 2; client++) {
      await (await connect(url)).callTool({ name: 'pay', arguments: { word: 'x' } })
    }
    expect(runs).toBe(2)
  })
})

describe('what is recorded', () => {
  it('is a duration by tool, and spans in the trace of the client', async () => {
    const telemetry = new RecordedTelemetry()
    useAsyncContext()
    trace.setGlobalTracerProvider(telemetry.tracerProvider)
    propagation.setGlobalPropagator(new W3CTraceContextPropagator())
    onTestFinished(() => {
      for (const part of [trace, context, propagation]) part.disable()
    })
    const observed = createLlmOps({ sli: createSli({ meter: telemetry.meter }), agentId: 'tools' })
    const reading = { description: 'Looks.', parameters: WORD, effect: 'read' as const }
    const inner = observed.tool({ ...reading, name: 'inner', run: () => 'seen' })
    const look = { ...reading, name: 'look', run: (args: unknown) => inner.call(args) }
    const url = await served({ ops: observed, tools: [observed.tool(look)], meter: telemetry.meter })
    const client = await connect(url)
    const traceId = '0af7651916cd43dd8448eb211c80319c'
    const _meta = { traceparent: `00-${traceId}-b7ad6b7169203331-01` }
    await client.callTool({ name: 'look', arguments: { word: 'x' }, _meta })
    await client.callTool({ name: 'look', arguments: {} })

    const points = await telemetry.points('mcp.server.operation.duration')
    const common = {
      'mcp.method.name': 'tools/call',
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'look',
    }
    expect(points.map(({ attributes }) => attributes)).toEqual([common, { ...common, 'error.type': 'repair_failed' }])
    const ofClient = telemetry.spans.filter((span) => span.spanContext().traceId === traceId)
    expect(ofClient.map(({ name }) => name)).toEqual(['execute_tool inner', 'execute_tool look', 'invoke_agent shop'])
    expect(telemetry.spans).toHaveLength(5)
    expect(ofClient[1]?.attributes).toMatchObject({
      'mcp.method.name': 'tools/call',
      'mcp.protocol.version': '2026-07-28',
      'jsonrpc.request.id': expect.stringMatching(/^\d+$/),
    })
    const id = 'i'.repeat(100_000)
    const answer = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        authorization: 'Bearer contoso',
        'mcp-protocol-version': '2025-06-18',
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id,
        method: 'tools/call',
        params: { name: 'look', arguments: { word: 'x' } },
      }),
    })
    expect(await answer.text()).toContain(id)
    const last = telemetry.spans.filter(({ name }) => name === 'execute_tool look').at(-1)
    expect(last?.attributes['jsonrpc.request.id']).toBe('i'.repeat(128))
    // Neither the task around it nor what a tool calls is a request of MCP.
    for (const span of [ofClient[0], ofClient[2]]) expect(span?.attributes).not.toHaveProperty('mcp.method.name')
    const agents = telemetry.spans.map(({ attributes }) => attributes['gen_ai.agent.id'])
    expect(new Set(agents)).toEqual(new Set(['tools']))
  })
})

describe('a request that is not one', () => {
  const post = (url: string, body: string, headers: Record<string, string> = {}) =>
    fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        authorization: 'Bearer contoso',
        ...headers,
      },
      body,
    })
  const call = (args: string) =>
    `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"pay","arguments":${args}}}`

  const batch = `[${call('{}')}]`

  it.each([
    ['without authentication', 401, call('{}'), { authorization: '' }],
    ['from a page of another origin', 403, call('{}'), { origin: 'https://evil.example' }],
    ['of 10 MB', 413, call(`{"word":"${'x'.repeat(10_000_000)}"}`), {}],
    ['that is not JSON', 400, '{"jsonrpc":', {}],
    ['of another media type', 415, call('{}'), { 'content-type': 'text/plain' }],
    ['whose header names another method', 400, modern('tools/call'), { 'mcp-method': 'tools/list' }],
    ['that is a batch, which its revision does not have', 400, batch, { 'mcp-protocol-version': '2025-11-25' }],
    ['that is a batch of the newest revision', 400, batch, { 'mcp-protocol-version': '2026-07-28' }],
    [
      'of a version that nobody knows',
      400,
      modern('tools/call', '2099-01-01'),
      { 'mcp-protocol-version': '2099-01-01' },
    ],
  ])('%s is answered with %i, and nothing runs', async (_, status, body, headers) => {
    const run = vi.fn(() => 'paid')
    const pay = ops.tool({ name: 'pay', description: 'Pays.', parameters: { type: 'object' }, run })
    const url = await served({ tools: [pay], tenant: (request) => request.get('authorization') || undefined })
    const response = await post(url, body, headers)
    expect(response.status).toBe(status)
    await response.text()
    expect(run).not.toHaveBeenCalled()
  })

  function modern(method: string, version = '2026-07-28'): string {
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': version,
      'io.modelcontextprotocol/clientCapabilities': {},
    }
    return JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { name: 'pay', arguments: {}, _meta } })
  }

  it('that is a batch runs in revisions that have them, and is refused in others though it says no length', async () => {
    const url = await served()
    const body = `[${call('{"word":"hello"}').replace('pay', 'echo')}]`
    expect(await (await post(url, body, { 'mcp-protocol-version': '2025-03-26' })).text()).toContain('hello')
    const streamed = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        authorization: 'Bearer contoso',
        'mcp-protocol-version': '2025-06-18',
      },
      body: ReadableStream.from([new TextEncoder().encode(body)]),
      duplex: 'half',
    })
    expect(streamed.status).toBe(400)
    expect(await streamed.json()).toMatchObject({ error: { code: -32600 } })
  })

  it.each([1_000, 20_000, 100_000])('of %i brackets runs nothing, and the next request is served', async (brackets) => {
    const run = vi.fn(() => 'paid')
    const pay = ops.tool({ name: 'pay', description: 'Pays.', parameters: WORD, run })
    const url = await served({ tools: [pay] })
    const deep = `{"word":${'['.repeat(brackets)}${']'.repeat(brackets)}}`
    const response = await post(url, call(deep))
    expect(response.status).toBeLessThan(500)
    expect((await response.text()).length).toBeLessThan(2000)
    expect(run).not.toHaveBeenCalled()
    expect((await (await connect(url)).listTools()).tools).toHaveLength(1)
  })

  it('whose body a parser of the application has read is served', async () => {
    const url = await serve((app) => {
      app.use(express.json())
      app.use(mcpRouter({ ops, tools: [echo], tenant: () => 'contoso', serverInfo: SERVER_INFO, allowedHosts: HOSTS }))
    })
    const client = await connect(`${url}/mcp`)
    const answer = await client.callTool({ name: 'echo', arguments: { word: 'hello' } })
    expect(textOf(answer)).toContain('hello')
  })

  it('that comes in pieces without a length is served, and one that is too long is not', async () => {
    const url = await served()
    const inPieces = (...pieces: string[]) =>
      fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          authorization: 'Bearer contoso',
        },
        body: ReadableStream.from(pieces.map((piece) => new TextEncoder().encode(piece))),
        duplex: 'half',
      })
    const whole = call('{"word":"größe"}').replace('pay', 'echo')
    const response = await inPieces(whole.slice(0, 40), whole.slice(40))
    expect(await response.text()).toContain('größe')
    const long = await inPieces(`${whole}${' '.repeat(2_000_000)}`)
    expect(long.status).toBe(413)
    await long.text()
  })

  it.each(['GET', 'DELETE'])('by %s is answered with 405', async (method) => {
    const response = await fetch(await served(), { method, headers: { authorization: 'Bearer contoso' } })
    expect(response.status).toBe(405)
    await response.text()
  })

  it.each(['evil.example', 'evil.example@127.0.0.1', '127.0.0.1/evil.example', '127.0.0.1#evil'])(
    'to the host %s, which is none of those allowed, is answered with 403',
    async (host) => {
      const { status } = await new Promise<{ status: number | undefined }>((resolve, reject) => {
        void served().then((url) => {
          import('node:http').then(({ request }) => {
            const sent = request(url, { method: 'POST', headers: { host } }, (response) => {
              response.resume()
              resolve({ status: response.statusCode })
            })
            sent.on('error', reject).end('{}')
          }, reject)
        }, reject)
      })
      expect(status).toBe(403)
    },
  )
})

describe('a router', () => {
  it('refuses two tools of one name', () => {
    const tenant = () => 'contoso'
    expect(() => mcpRouter({ ops, tools: [echo, echo], tenant, serverInfo: SERVER_INFO, allowedHosts: HOSTS })).toThrow(
      "`tools` must be tools of different names, got 'echo'.",
    )
  })

  it('hands what `tenant` throws to the error handler of the application', async () => {
    const url = await served({
      tenant: () => {
        throw Object.assign(new Error('nobody'), { status: 418, expose: true })
      },
    })
    expect((await fetch(url, { method: 'POST' })).status).toBe(418)
  })
})

describe('a connection', () => {
  const CALL = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'echo', arguments: { word: 'hello' } },
  })

  /** Sends one request as it is written, and returns what comes until the server closes the connection. */
  async function exchange(url: string, headers: readonly string[], target = '/mcp'): Promise<string> {
    const { hostname, port } = new URL(url)
    const socket = connectTo(Number(port), hostname)
    const lines = [
      `POST ${target} HTTP/1.1`,
      `host: ${hostname}:${port}`,
      'authorization: Bearer contoso',
      'content-type: application/json',
      'accept: application/json, text/event-stream',
      `content-length: ${CALL.length}`,
      ...headers,
    ]
    socket.write(`${lines.join('\r\n')}\r\n\r\n${CALL}`)
    return (await socket.toArray()).join('')
  }

  it.each(['2025-11-25', '2025-03-26'])(
    'that a client of %s wants closed is closed (typescript-sdk#2730)',
    async (version) => {
      const answer = await exchange(await served(), [`mcp-protocol-version: ${version}`, 'connection: close'])
      expect(answer).toMatch(/^HTTP\/1\.1 200 /)
      expect(answer).toMatch(/\r\nconnection: close\r\n/i)
      expect(answer).not.toMatch(/keep-alive/i)
      expect(answer).toContain('hello')
    },
  )

  it('of a proxy, which sends the whole URL, is served', async () => {
    const url = await served()
    expect(await exchange(url, ['connection: close'], url)).toContain('hello')
  })
})

describe('an origin', () => {
  const statusFor = async (origin: string) => {
    const response = await fetch(await served(), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        authorization: 'Bearer contoso',
        origin,
      },
      body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
    })
    await response.text()
    return response.status
  }

  it.each(['http://127.0.0.1', 'http://127.0.0.1:3000', 'https://127.0.0.1:8443'])(
    '%s is that of a page of the server',
    async (origin) => {
      expect(await statusFor(origin)).toBe(200)
    },
  )

  it.each([
    'http://evil@127.0.0.1',
    'http://evil.example:80@127.0.0.1',
    'http://127.0.0.1/evil.example',
    'http://127.0.0.1#evil.example',
    'http:127.0.0.1',
    'http:\\\\127.0.0.1',
    'http://127.0.0.1?evil.example',
    'http://127.0.0.1.evil.example',
    '127.0.0.1',
    'null',
  ])('%s is none that a browser sends for it, and is answered with 403', async (origin) => {
    expect(await statusFor(origin)).toBe(403)
  })
})
