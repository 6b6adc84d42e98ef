import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import Anthropic from '@anthropic-ai/sdk'
import * as mcp from '@modelcontextprotocol/client'
import { Client as OldMcpClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as OldMcpHttp } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import axios from 'axios'
import OpenAI from 'openai'
import { freePort } from 'test-support/free-port'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { DeadlineExceededError } from '../deadline-exceeded-error.ts'
import type { Schema } from '../repair/index.ts'
import { createTaskRunner } from '../task.ts'
import { ToolUnavailable, UnknownOutcomeError } from './fallback.ts'
import { createToolFactory, type ToolEffect } from './index.ts'

const tool = createToolFactory()
type Act = (signal?: AbortSignal) => unknown

/** Returns the outcome of a tool with this function: its value, `fallback`, or what it threw. */
async function outcomeOf(
  effect: ToolEffect,
  act: Act,
  signal?: AbortSignal,
  parameters: Schema = { type: 'object' },
): Promise<unknown> {
  const pay = tool({
    name: 'pay',
    description: 'Pays',
    parameters,
    effect,
    run: (_, context) => act(context.signal),
    fallbacks: [() => 'fallback'],
  })
  return pay.call({}, { id: 'call_1', ...(signal && { signal }) }).catch((error: unknown) => error)
}

/** Responds by the path: /500 with this status, /hang never, /reset by cutting the connection, /early in part. */
let server: Server
let url: string
let refusing: string
beforeAll(async () => {
  server = createServer((request, response) => {
    const [, path = ''] = /\/(hang|reset|early|\d{3})/.exec(request.url ?? '') ?? []
    if (path === 'hang') return
    if (path === 'reset') return void request.socket.destroy()
    response.writeHead(path === 'early' ? 200 : Number(path), { 'content-type': 'application/json' })
    if (path !== 'early') return void response.end('{"error":{"message":"no"}}')
    response.write('{"a":', () => response.destroy())
  })
  url = await listen(server)
  refusing = `http://127.0.0.1:${await freePort()}`
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const ms = 20
const openai = (baseURL: string, timeout = 10_000) =>
  new OpenAI({ baseURL, apiKey: 'any', maxRetries: 0, timeout }).responses.create({ model: 'any', input: 'hi' })
const anthropic = (baseURL: string, timeout = 10_000) =>
  new Anthropic({ baseURL, apiKey: 'any', maxRetries: 0, timeout }).messages.create({
    model: 'any',
    max_tokens: 5,
    messages: [],
  })
const post = (url: string, options: object = {}) => axios.post(url, {}, options)

/** A client of each MCP SDK. Its server does this when a tool is called. */
type McpServer = { readonly onCall: (transport: mcp.Transport, id: number) => unknown }
async function mcpCall(Client: typeof OldMcpClient | typeof mcp.Client, { onCall }: McpServer): Promise<unknown> {
  const [near, far] = InMemoryTransport.createLinkedPair()
  const server = far as unknown as mcp.Transport
  server.onmessage = (message) => {
    const { id, method } = message as { id?: number; method?: string }
    if (id === undefined) return
    if (method === 'tools/call') return void onCall(server, id)
    const serverInfo = { name: 'bank', version: '1' }
    const result = { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo }
    const refusal = { code: -32601, message: 'Method not found' }
    void server.send({ jsonrpc: '2.0', id, ...(method === 'initialize' ? { result } : { error: refusal }) } as never)
  }
  await server.start()
  const client = new Client({ name: 'agent', version: '1' }) as mcp.Client
  await client.connect(near as never)
  const isOld = Client === (OldMcpClient as unknown)
  // The older SDK has the schema of the result as its second parameter.
  return isOld
    ? (client as unknown as OldMcpClient).callTool({ name: 'pay', arguments: {} }, undefined, { timeout: ms })
    : client.callTool({ name: 'pay', arguments: {} }, { timeout: ms })
}
const answer = (error: object) => (server: mcp.Transport, id: number) =>
  void server.send({ jsonrpc: '2.0', id, error } as never)

const lost: readonly (readonly [string, Act])[] = [
  ['a timeout of openai', () => openai(`${url}/hang`, ms)],
  ['a timeout of Anthropic', () => anthropic(`${url}/hang`, ms)],
  ['a timeout of axios', () => post(`${url}/hang`, { timeout: ms })],
  ['a timeout of axios over fetch', () => post(`${url}/hang`, { timeout: ms, adapter: 'fetch' })],
  ['a cancelled request of axios', () => post(`${url}/hang`, { signal: AbortSignal.timeout(ms) })],
  ['a timeout of fetch', () => fetch(`${url}/hang`, { signal: AbortSignal.timeout(ms) })],
  ['an aborted fetch', () => abortedAfter(ms, (signal) => fetch(`${url}/hang`, { signal }))],
  [
    'an aborted request of openai',
    () =>
      abortedAfter(ms, (signal) =>
        new OpenAI({ baseURL: `${url}/hang`, apiKey: 'any', maxRetries: 0 }).models.list({ signal }),
      ),
  ],
  ['a timeout of the MCP client', () => mcpCall(mcp.Client, { onCall: () => {} })],
  ['a timeout of the older MCP client', () => mcpCall(OldMcpClient, { onCall: () => {} })],
  ['a closed connection of the MCP client', () => mcpCall(mcp.Client, { onCall: (server) => server.close() })],
  ['a closed connection of the older MCP client', () => mcpCall(OldMcpClient, { onCall: (server) => server.close() })],
  ['a cut connection of openai', () => openai(`${url}/reset`)],
  ['a cut connection of Anthropic', () => anthropic(`${url}/reset`)],
  ['a cut connection of axios', () => post(`${url}/reset`)],
  ['a cut connection of axios over fetch', () => post(`${url}/reset`, { adapter: 'fetch' })],
  ['an answer to openai that was cut', () => openai(`${url}/early`)],
  ['an answer to axios over fetch that was cut', () => post(`${url}/early`, { adapter: 'fetch' })],
  ['a closed connection of PostgreSQL', () => raise({ message: 'Connection terminated unexpectedly' })],
  ['a connection that PostgreSQL ended', () => raise({ code: '57P01' })],
  ['a lost connection of MySQL', () => raise({ code: 'PROTOCOL_CONNECTION_LOST' })],
  ['a lost connection of MongoDB', () => raise({ name: 'MongoNetworkError' })],
  ['a closed connection of Prisma', () => raise({ code: 'P1017' })],
  ['a lost connection of ioredis', () => raise({ name: 'MaxRetriesPerRequestError' })],
  ['a lost connection of nodemailer', () => raise({ code: 'ESOCKET', command: 'DATA' })],
  ['a lost connection of Stripe', () => raise({ name: 'StripeConnectionError' })],
  ['a request of an Azure SDK that failed', () => raise({ code: 'REQUEST_SEND_ERROR' })],
  ['a deadline of gRPC', () => raise({ code: 4, details: 'Deadline exceeded', metadata: {} })],
  ['an unavailable service of gRPC', () => raise({ code: 14, details: 'Connection dropped', metadata: {} })],
  ['several timeouts', () => Promise.any([openai(`${url}/hang`, ms), post(`${url}/hang`, { timeout: ms })])],
  ['a refused connection and a cut one', () => Promise.any([post(refusing), post(`${url}/reset`)])],
  [
    'an error of ours around a timeout',
    async () => {
      await post(`${url}/hang`, { timeout: ms }).catch((cause: unknown) => {
        throw new Error('the bank did not answer', { cause })
      })
    },
  ],
]

const failed: readonly (readonly [string, Act])[] = [
  ...[500, 502, 503, 504, 408].flatMap((status): (readonly [string, Act])[] => [
    [`a ${status} of openai`, () => openai(`${url}/${status}`)],
    [`a ${status} of Anthropic`, () => anthropic(`${url}/${status}`)],
    [`a ${status} of axios`, () => post(`${url}/${status}`)],
  ]),
  ['a 500 of a client that calls it statusCode', () => raise({ statusCode: 500 })],
  ['a 500 of a client that keeps the response', () => raise({ response: { status: 500 } })],
  ['a 500 of the AWS SDK', () => raise({ $metadata: { httpStatusCode: 500 } })],
  ['a 500 in the cause', () => raise({ cause: Object.assign(new Error('no'), { status: 500 }) })],
  [
    'a 500 of the MCP client',
    () =>
      connect(
        new mcp.Client({ name: 'agent', version: '1' }),
        new mcp.StreamableHTTPClientTransport(new URL(`${url}/500`)),
      ),
  ],
  [
    'a 500 of the older MCP client',
    () => connect(new OldMcpClient({ name: 'agent', version: '1' }), new OldMcpHttp(new URL(`${url}/500`))),
  ],
  [
    'an internal error of an MCP server',
    () => mcpCall(OldMcpClient, { onCall: answer({ code: -32603, message: 'Internal error' }) }),
  ],
  ['an answer to axios that was cut', () => post(`${url}/early`)],
  ['an answer to an Azure SDK that cannot be read', () => raise({ code: 'PARSE_ERROR', statusCode: 200 })],
  ['a refused connection and a 500', () => Promise.any([post(refusing), post(`${url}/500`)])],
]

const known: readonly (readonly [string, Act])[] = [
  ['a 400 of openai', () => openai(`${url}/400`)],
  ['a 404 of Anthropic', () => anthropic(`${url}/404`)],
  ['a 422 of axios', () => post(`${url}/422`)],
  ['a 429 of openai', () => openai(`${url}/429`)],
  [
    'an unknown tool of an MCP server',
    () => mcpCall(OldMcpClient, { onCall: answer({ code: -32602, message: 'Unknown tool' }) }),
  ],
  ['a process that ended with the number of a lost call of gRPC', () => raise({ code: 14 })],
  ['a refused connection and a 400', () => Promise.any([post(refusing), post(`${url}/400`)])],
  ['a bug', () => (undefined as unknown as { pay(): void }).pay()],
  [
    'a text',
    () => {
      throw 'no money'
    },
  ],
  [
    'an error of ours',
    () => {
      throw new RangeError('no money')
    },
  ],
]

const neverSent: readonly (readonly [string, Act])[] = [
  ['a refused connection of openai', () => openai(refusing)],
  ['a refused connection of Anthropic', () => anthropic(refusing)],
  ['a refused connection of axios', () => post(refusing)],
  ['a refused connection of axios over fetch', () => post(refusing, { adapter: 'fetch' })],
  ['a refused connection of fetch', () => fetch(refusing)],
  ['several refused connections', () => Promise.any([post(refusing), fetch(refusing)])],
  ['no connection of Prisma', () => raise({ code: 'P1001' })],
  [
    'a tool that says it did nothing',
    () => {
      throw new ToolUnavailable('bank', { reason: '503' })
    },
  ],
]

function raise(fields: object): never {
  throw Object.assign(new Error('the service failed'), fields)
}

function connect(client: { connect(transport: never): Promise<void> }, transport: unknown): Promise<void> {
  return client.connect(transport as never)
}

async function abortedAfter(ms: number, act: (signal: AbortSignal) => PromiseLike<unknown>): Promise<unknown> {
  const controller = new AbortController()
  setTimeout(() => controller.abort(), ms)
  return act(controller.signal)
}

describe('an effect that may have happened', () => {
  it.each([...lost, ...failed])('has an unknown outcome after %s, and does not fall back', async (_, act) => {
    const error = await outcomeOf('effect', act)
    expect(error).toBeInstanceOf(UnknownOutcomeError)
    expect(error).toMatchObject({ idempotencyKey: 'no-task:pay:call_1', cause: expect.anything() })
  })

  it.each(known)('is thrown as it is after %s', async (_, act) => {
    const error = await outcomeOf('effect', act)
    expect(error).not.toBe('fallback')
    expect(error).not.toBeInstanceOf(UnknownOutcomeError)
  })

  it.each(neverSent)('falls back after %s', async (_, act) => {
    expect(await outcomeOf('effect', act)).toBe('fallback')
  })
})

describe('a tool that reads', () => {
  it.each([...lost, ...neverSent])('falls back after %s', async (_, act) => {
    expect(await outcomeOf('read', act)).toBe('fallback')
  })

  it.each([...failed, ...known])('throws the error as it is after %s', async (_, act) => {
    const error = await outcomeOf('read', act)
    expect(error).not.toBe('fallback')
    expect(error).not.toBeInstanceOf(UnknownOutcomeError)
  })
})

describe('a call that is aborted while its function runs', () => {
  /** A function that announces when it runs, and ignores its signal. */
  function payment() {
    const started = Promise.withResolvers<void>()
    const ended = Promise.withResolvers<void>()
    const act = async () => {
      started.resolve()
      await ended.promise
      return 'paid'
    }
    return { act, started: started.promise, end: ended.resolve }
  }

  it('has an unknown outcome for an effect when the caller aborts, with the reason as its cause', async () => {
    const { act, started, end } = payment()
    const leave = new AbortController()
    const reason = new Error('gone')
    const outcome = outcomeOf('effect', act, leave.signal)
    await started
    leave.abort(reason)
    expect(await outcome).toBeInstanceOf(UnknownOutcomeError)
    expect(await outcome).toMatchObject({ tool: 'pay', cause: reason })
    end()
  })

  it('has an unknown outcome for an effect when the deadline passes, and the task says why', async () => {
    const { act, end } = payment()
    let said: unknown
    let outcome: Promise<unknown> | undefined
    const late = createTaskRunner({
      observe: async (task, run) => {
        try {
          return await run()
        } finally {
          said = task.outcome
        }
      },
    })({ tenant: 'contoso', deadlineMs: ms }, async () => {
      outcome = outcomeOf('effect', act)
      throw await outcome
    })
    const error = await late.catch((error: unknown) => error)
    expect(error).toBeInstanceOf(DeadlineExceededError)
    expect(error).toMatchObject({ unknown: [{ tool: 'pay', idempotencyKey: expect.any(String) }] })
    expect(await outcome).toBeInstanceOf(UnknownOutcomeError)
    expect(await outcome).toMatchObject({ cause: { code: 'deadline_exceeded' } })
    expect(said).toMatchObject({ status: 'failure', reason: 'deadline_exceeded' })
    end()
  })

  it('throws the reason for a tool that reads, and has an unknown outcome for an idempotent one', async () => {
    for (const effect of ['read', 'idempotent'] as const) {
      const { act, started, end } = payment()
      const leave = new AbortController()
      const reason = new Error('gone')
      const outcome = outcomeOf(effect, act, leave.signal)
      await started
      leave.abort(reason)
      if (effect === 'read') expect(await outcome).toBe(reason)
      else expect(await outcome).toMatchObject({ code: 'unknown_outcome', cause: reason })
      end()
    }
  })

  it('throws the reason if nothing was started: before the call, while waiting, and while a model is asked', async () => {
    const reason = new Error('gone')
    let runs = 0
    expect(await outcomeOf('effect', () => runs++, AbortSignal.abort(reason))).toBe(reason)

    const { act, started, end } = payment()
    const pay = tool({ name: 'pay', description: 'Pays', parameters: { type: 'object' }, maxConcurrent: 1, run: act })
    const first = pay.call({})
    await started
    const leave = new AbortController()
    const inLine = pay.call({}, { signal: leave.signal }).catch((error: unknown) => error)
    leave.abort(reason)
    expect(await inLine).toBe(reason)
    end()
    await first

    const leaveLater = new AbortController()
    const askModel = async () => {
      leaveLater.abort(reason)
      return '{}'
    }
    const asked = tool({ name: 'pay', description: 'Pays', parameters: { type: 'object' }, run: () => runs++ })
    await expect(asked.call('nonsense', { askModel, signal: leaveLater.signal })).rejects.toBe(reason)
    expect(runs).toBe(0)
  })

  it('starts nothing after the caller has aborted, at any time', async () => {
    const lookedUp = z.object({}).refine(async () => true)
    let ran = 0
    for (let turns = 0; turns < 40; turns++) {
      const leave = new AbortController()
      const reason = new Error('gone')
      const starts: boolean[] = []
      const outcome = outcomeOf('effect', () => starts.push(leave.signal.aborted), leave.signal, lookedUp)
      for (let turn = 0; turn < turns; turn++) await undefined
      leave.abort(reason)
      const ended = await outcome
      expect({ turns, starts }).not.toMatchObject({ starts: [true] })
      if (starts.length === 0) expect(ended).toBe(reason)
      else expect(ended === 1 || ended instanceof UnknownOutcomeError).toBe(true)
      ran += starts.length
    }
    expect(ran).toBeGreaterThan(0)
    expect(ran).toBeLessThan(40)
  })

  it('returns what the function returned if that came first', async () => {
    const leave = new AbortController()
    const outcome = outcomeOf('effect', () => 'paid', leave.signal)
    expect(await outcome).toBe('paid')
    leave.abort()
  })
})
