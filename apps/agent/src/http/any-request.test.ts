import { once } from 'node:events'
import { connect } from 'node:net'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { fc } from 'test-support/generated'
import { sized } from 'test-support/sized'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ADMIN_TOKEN, startTestAgent, type TestAgent } from '../../test/support/test-agent.ts'
import { createAgentLog } from '../log/agent-log.ts'

let agent: TestAgent
/** Collects log lines while the clock of the limits stands still, so that all are in the same minute. */
const written: string[] = []
beforeAll(async () => {
  const timing = { monotonicMs: () => 0, after: () => () => {} }
  const log = createAgentLog({ isJson: true, write: (_, line) => void written.push(line), timing })
  agent = await startTestAgent({}, log)
})
afterAll(() => agent.stop())

type RawRequest = {
  readonly method: string
  readonly target: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Buffer
}

/** Writes the request to a socket, since a client library would refuse to send most of these. */
async function statusesOf({ method, target, headers, body }: RawRequest): Promise<number[]> {
  const { hostname, port } = new URL(agent.url)
  const socket = connect(Number(port), hostname)
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk)).on('error', () => {})
  await once(socket, 'connect')
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  socket.write(
    `${method} ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${body.length}\r\n${lines}\r\n`,
    'latin1',
  )
  socket.write(body)
  // A client whose long body is not read gets the response, and then a reset.
  await new Promise((resolve) => socket.once('close', resolve))
  const text = Buffer.concat(chunks).toString('latin1')
  return [...text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status))
}

const garbage = fc.constantFrom('%', '%E0%A4%A', '%FF', '%00', '%2e%2e', '..', '__proto__', 'constructor', '?%', '#')
const word = fc.oneof(
  garbage,
  fc.webSegment(),
  fc.string({ maxLength: 300 }).map((text) => text.replace(/\s/g, '+')),
)
const route = fc.constantFrom(
  '/',
  '/chat',
  '/health',
  '/health/ready',
  '/metrics',
  '/status',
  '/ask',
  '/page/main.js',
  '/api/overview',
  '/api/tenants',
  '/api/account',
  '/api/tasks',
  '/api/tasks/one',
  '/admin/chaos',
  '/admin/budget/',
  '/mcp',
)
const target = fc.oneof(
  route,
  fc.tuple(route, fc.array(word, { minLength: 1, maxLength: 3 })).map(([path, words]) => path + words.join('/')),
  fc.tuple(route, word).map(([path, query]) => `${path}?${query}`),
  fc.constantFrom('*', '//', '//x:99999999/chat', 'http://x:99999999/chat', 'http://[/chat', 'chat', '/%'),
)
const method = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY', 'PROPFIND')

const MEDIA_TYPES = [
  ...['utf-8', 'utf-16', 'utf-32', 'utf-7', 'x', '"'].map((charset) => `application/json; charset=${charset}`),
  ...['application/json', 'application/problem+json', 'text/plain', 'application/x-www-form-urlencoded', ';;'],
]
const json = fc.constantFrom('application/json', ...MEDIA_TYPES).map((type) => ['content-type', type] as const)
const encoding = fc
  .constantFrom('identity', 'gzip', 'GZIP', 'deflate', 'br', 'zstd', 'x', 'gzip, br')
  .map((name) => ['content-encoding', name] as const)
const authorization = fc
  .constantFrom(`Bearer ${ADMIN_TOKEN}`, `Bearer ${ADMIN_TOKEN}`, 'Bearer', 'Basic \xff')
  .map((value) => ['authorization', value] as const)
const other = fc.tuple(
  fc.constantFrom(
    ...['expect', 'upgrade', 'accept', 'if-none-match', 'range', 'x-task-id', 'x-ms-client-principal-id'],
    ...['transfer-encoding', 'host', 'cookie', 'origin', 'traceparent', 'x-forwarded-for', 'x-http-method-override'],
    ...['mcp-method', 'mcp-session-id', 'mcp-protocol-version', 'last-event-id', 'te', 'trailer', 'x-tenant'],
  ),
  fc.constantFrom(
    ...[
      '100-continue',
      'websocket',
      '*',
      ';',
      'bytes=9-1',
      '\xe9',
      '',
      'chunked',
      'gzip, chunked',
      'localhost',
      '[::1',
    ],
    ...['tools/list', 'subscriptions/listen', '__proto__', '\t', 'a'.repeat(9000), '00-0-0-00'],
  ),
)
const headers = fc
  .tuple(fc.option(json), fc.option(encoding), fc.option(authorization), fc.array(other, { maxLength: 2 }))
  .map(([type, packed, token, others]) => [type, packed, token, ...others].filter((header) => header !== null))

const saying = fc.oneof(
  fc.constantFrom(
    'Hello',
    'Where is my order ORD-1001?',
    'Convert 1e400 USD to XXX on 2026-99-99',
    'Open a ticket: \0',
  ),
  fc.string({ unit: 'binary', minLength: 1 }),
)
const message = fc.record({ role: fc.constantFrom('user', 'assistant'), content: saying })
const talk = fc.oneof(
  fc.record({ prompt: saying }),
  fc.tuple(fc.array(message, { maxLength: 3 }), saying).map(([before, content]) => ({
    messages: [...before, { role: 'user', content }],
  })),
)
const chat = fc
  .tuple(talk, fc.boolean(), fc.constantFrom('contoso', '__proto__', 'constructor', 'toString', 'other', undefined))
  .map(([conversation, stream, tenant]) => ({ ...conversation, stream, tenant }))
const text = fc.oneof(
  chat.map((body) => JSON.stringify(body)),
  fc.json(),
  fc.constantFrom(
    '',
    '{',
    '{"mode":"outage","ttlMs":1,"tools":["none"],"model":false}',
    '{"prompt":"\\ud800"}',
    '['.repeat(50_000),
  ),
)
const plain = fc.oneof(
  text.map((content) => Buffer.from(content)),
  text.map((content) => Buffer.from(content, 'utf16le')),
  fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
)
const pack = fc.constantFrom(gzipSync, deflateSync, brotliCompressSync, zstdCompressSync, (bytes: Buffer) => bytes)
const body = fc
  .tuple(plain, pack, fc.oneof(fc.constant(0), fc.nat({ max: 30 })))
  .map(([bytes, packed, cut]) => packed(bytes).subarray(0, -cut || undefined))

const anything = fc.record({ method, target, headers, body })
const aChat = fc.record({
  method: fc.constant('POST'),
  target: fc.constantFrom('/chat', '/admin/chaos'),
  headers,
  body,
})

/** Enough to keep the agent busy, but below its limit of concurrent tasks. */
const AT_ONCE = 16

it('no request, whatever it contains, causes a server error or floods the log', async () => {
  const someRequest = fc.oneof({ weight: 9, arbitrary: anything }, { weight: 1, arbitrary: aChat })
  const requests = fc.sample(someRequest, sized({ test: 10_000, soak: 100_000 })).values()
  const wrong: string[] = []
  const unserved = (statuses: readonly number[]) => statuses.length === 0 || statuses.some((status) => status >= 500)
  const ask = async () => {
    for (const request of requests) {
      const statuses = await statusesOf(request)
      if (unserved(statuses))
        wrong.push(`${statuses} ${JSON.stringify({ ...request, body: request.body.toString('base64') })}`.slice(0, 500))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, ask))
  expect(wrong.slice(0, 5)).toEqual([])

  const lines = written.map((line) => JSON.parse(line) as { readonly code: string })
  const byCode = Object.groupBy(lines, ({ code }) => code)
  for (const [code, all] of Object.entries(byCode)) expect([code, all!.length <= 10]).toEqual([code, true])
  // The requests were refused with many codes, and the log has each of them.
  expect(Object.keys(byCode).length).toBeGreaterThan(5)
  for (const line of written) expect(line).not.toMatch(/\n/)
})

it('no prompt, whatever it contains, causes a server error', async () => {
  await fc.assert(
    fc.asyncProperty(chat, async (body) => {
      const response = await agent.chat(body)
      expect(response.status).toBeLessThan(500)
      // A stream that fails has already sent its status.
      expect(await response.text()).not.toMatch(/"status":5\d\d/)
    }),
    { numRuns: sized({ test: 100, soak: 2_000 }) },
  )
})
