import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { sourceArguments } from 'command-line/source-arguments'
import type { BenchRow } from './row.ts'

export const title =
  'Tool calls through /mcp compared with the bare handler of the SDK with the same tool, in one process, over sockets'

const CONCURRENCY = 8
const ROUNDS = 21
const CALLS = 200
const WARM_UP = 1000
const HEAP_CALLS = 20_000

type Revision = { readonly name: string; readonly headers: Record<string, string>; readonly _meta: object }

const REVISIONS: readonly Revision[] = [
  {
    name: '2026-07-28',
    headers: { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'lookup' },
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  },
  { name: '2025-11-25', headers: { 'mcp-protocol-version': '2025-11-25' }, _meta: {} },
]

export async function run(): Promise<BenchRow[]> {
  const child = fork(join(import.meta.dirname, 'harness/mcp-server-main.ts'), {
    execArgv: [...sourceArguments(), '--expose-gc'],
  })
  const exited = once(child, 'exit')
  const [url] = (await once(child, 'message')) as [string]
  try {
    const rows: BenchRow[] = []
    for (const revision of REVISIONS) rows.push(...(await rowsOf(url, revision)))
    rows.push(await heapRow(url))
    return rows
  } finally {
    child.disconnect()
    await exited
  }
}

/** Measures in turn (A B B A …), so that other load on the machine affects both. */
async function rowsOf(url: string, revision: Revision): Promise<BenchRow[]> {
  const paths = ['/mcp', '/bare'] as const
  const call = { '/mcp': caller(`${url}/mcp`, revision), '/bare': caller(`${url}/bare`, revision) }
  const rounds: { readonly [path in (typeof paths)[number]]: Round }[] = []
  for (const path of paths) await all(call[path], WARM_UP)
  for (let round = 0; round < ROUNDS; round++) {
    const first = round % 2
    const one = await measure(url, call[paths[first]!])
    const other = await measure(url, call[paths[1 - first]!])
    rounds.push(first === 0 ? { '/mcp': one, '/bare': other } : { '/mcp': other, '/bare': one })
  }
  const median = (read: (round: (typeof rounds)[number]) => number) =>
    rounds.map(read).sort((a, b) => a - b)[Math.floor(ROUNDS / 2)]!
  return [
    {
      name: `calls a second, 8 at a time, ${revision.name}`,
      value: median((round) => round['/mcp'].callsPerSecond).toFixed(0),
      baseline: median((round) => round['/bare'].callsPerSecond).toFixed(0),
      ratio: median((round) => round['/mcp'].callsPerSecond / round['/bare'].callsPerSecond),
      bound: '≥ 0.9',
    },
    {
      name: `CPU of the server a call, ${revision.name}`,
      value: `${median((round) => round['/mcp'].cpuMicros).toFixed(0)} µs`,
      baseline: `${median((round) => round['/bare'].cpuMicros).toFixed(0)} µs`,
      ratio: median((round) => round['/mcp'].cpuMicros / round['/bare'].cpuMicros),
    },
  ]
}

type Round = { readonly callsPerSecond: number; readonly cpuMicros: number }

async function measure(url: string, call: () => Promise<unknown>): Promise<Round> {
  const { cpuMicros: before } = await usage(url)
  const startedAtMs = performance.now()
  await all(call, CALLS)
  const elapsedMs = performance.now() - startedAtMs
  const { cpuMicros: after } = await usage(url)
  return { callsPerSecond: (CALLS * 1000) / elapsedMs, cpuMicros: (after - before) / CALLS }
}

/** After the warm-up that the comparison was. A single reading differs from the next by megabytes: the least of several. */
async function heapRow(url: string): Promise<BenchRow> {
  const call = caller(`${url}/mcp`, REVISIONS[0]!)
  const least = async () => {
    const readings: number[] = []
    for (let reading = 0; reading < 5; reading++) {
      await all(call, HEAP_CALLS / 20)
      readings.push((await usage(url, '?gc')).heapBytes)
    }
    return Math.min(...readings)
  }
  const before = await least()
  await all(call, HEAP_CALLS / 2)
  const after = await least()
  const kib = (bytes: number) => `${(bytes / 1024).toFixed(0)} KiB`
  return {
    name: `heap over ${HEAP_CALLS.toLocaleString('en')} calls`,
    value: kib(after),
    baseline: kib(before),
    ratio: after / before,
    bound: '≤ 1.05',
  }
}

async function all(call: () => Promise<unknown>, calls: number): Promise<void> {
  let left = calls
  const work = async () => {
    while (left-- > 0) await call()
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, work))
}

function caller(url: string, { headers, _meta }: Revision): () => Promise<void> {
  let id = 0
  return async () => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: ++id,
        method: 'tools/call',
        params: { name: 'lookup', arguments: { order: '7', limit: 3 }, _meta },
      }),
    })
    const answer = await response.text()
    if (!answer.includes('Order 7 was sent')) throw new Error(`${response.status}: ${answer}`)
  }
}

async function usage(url: string, query = ''): Promise<{ readonly cpuMicros: number; readonly heapBytes: number }> {
  return (await fetch(`${url}/usage${query}`)).json() as never
}
