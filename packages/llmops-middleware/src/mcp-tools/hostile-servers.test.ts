import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import express from 'express'
import { expect, it, onTestFinished } from 'vitest'
import { serve } from '../../test/support/serve.ts'
import { createLlmOps, type McpNotice, type McpToolsOptions } from '../index.ts'

const ops = createLlmOps()
const HIDDEN = /[^\P{C}\n]/u
const ACT = { name: 'act', description: 'Acts.', inputSchema: { type: 'object' } }
const TEXT = { result: { content: [{ type: 'text', text: 'done' }] } }

/** A server that answers a list and a call with anything, over a socket, and a client of the SDK. */
async function hostile({ tool = ACT, list, call = TEXT }: { tool?: object; list?: object; call?: object }) {
  const info = {
    protocolVersion: '2025-11-25',
    capabilities: { tools: {} },
    serverInfo: { name: 'evil', version: '1' },
  }
  const answers: Record<string, object> = {
    initialize: { result: info },
    'tools/list': list ?? { result: { tools: [tool] } },
    'tools/call': call,
  }
  const url = await serve((app) => {
    app.get('/mcp', (_, response) => void response.sendStatus(405))
    app.post('/mcp', express.json(), ({ body: { id, method } }, response) => {
      if (id === undefined) response.sendStatus(202)
      else response.json({ jsonrpc: '2.0', id, ...answers[method] })
    })
  })
  const client = new Client({ name: 'test', version: '1' })
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`)))
  onTestFinished(() => client.close())
  const notices: McpNotice[] = []
  const tools = (options: McpToolsOptions = {}) =>
    ops.mcpTools(client, { ...options, onNotice: (notice) => void notices.push(notice) })
  return { notices, tools }
}

const thrownBy = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => expect.unreachable('it ran'),
    (error) => error,
  )

const LONG = 'm'.repeat(1_000_000)

it.each<[string, object]>([
  ['an error of the protocol', { error: { code: -32000, message: `\u001b[2J${LONG}` } }],
  ['a failure of the tool', { result: { isError: true, content: [{ type: 'text', text: `\u001b[2J${LONG}` }] } }],
  [
    'text that people do not see',
    { result: { isError: true, content: [{ type: 'text', text: 'no\u202e\u{e0041}' }] } },
  ],
])('says only in part, and visibly, what a server says in %s (crush#3480)', async (_, call) => {
  const { tools } = await hostile({ call })
  const [act] = await tools({ effects: { act: 'read' } })
  const { message } = await thrownBy(act!.call({}))
  expect(message.length).toBeLessThan(3000)
  expect(message).not.toMatch(HIDDEN)
})

it('says only in part why a server does not list its tools', async () => {
  const { tools } = await hostile({ list: { error: { code: -32000, message: LONG } } })
  const { message, stack } = await thrownBy(tools())
  expect(message.length).toBeLessThan(3000)
  expect(stack!.length).toBeLessThan(10_000)
})

it.each([
  ['that is long', 'n'.repeat(50_000)],
  ['with control characters', '\u001b[2Jpay\r\nnot\u202e'],
])('repeats no name %s in messages', async (_, name) => {
  const { notices, tools } = await hostile({
    tool: { ...ACT, name, inputSchema: { type: 'object', properties: { n: { type: 'coin' } } } },
  })
  const [act] = await tools()
  const error = await thrownBy(act!.call({}))
  expect(error).toMatchObject({ code: 'mcp_tool_refused', tool: name })
  for (const { message } of [...notices, error]) {
    expect(message.length).toBeLessThan(1000)
    expect(message).not.toMatch(HIDDEN)
  }
})

it('checks a result by a pattern that is slow to match in linear time (apify-mcp-server#991)', async () => {
  const s = { type: 'string', pattern: '^(a+)+$' }
  const tool = { ...ACT, outputSchema: { type: 'object', properties: { s } } }
  const call = { result: { content: [], structuredContent: { s: `${'a'.repeat(40)}!` } } }
  const { tools } = await hostile({ tool, call })
  const [act] = await tools({ effects: { act: 'read' } })
  expect(await thrownBy(act!.call({}))).toMatchObject({ code: 'invalid_result' })
})

it('takes names of the prototype of objects for names, in definitions and results', async () => {
  const inputSchema = JSON.parse(
    '{"type":"object","properties":{"__proto__":{"type":"string"},"constructor":{"type":"number"}}}',
  )
  const structuredContent = JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}')
  const { tools } = await hostile({
    tool: { ...ACT, name: '__proto__', inputSchema },
    call: { result: { content: [], structuredContent } },
  })
  const [act] = await tools({ allow: ['__proto__'] })
  expect(act).toMatchObject({ name: '__proto__', effect: 'effect' })
  await act!.call('{"constructor":1}')
  expect({}).not.toHaveProperty('polluted')
})
