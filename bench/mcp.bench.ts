import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { sourceArguments } from 'command-line/source-arguments'
import type { BenchRow } from './row.ts'

export const title =
  'Tool calls through /mcp compared with the bare handler of the SDK with the same tool, in one process, over sockets'

const CONCURRENCY = 8
const ROUNDS = 31
/** Short rounds of both sides in turn, so that other work of the machine affects both sides of a round alike. */
const PAIRS = 10
const CALLS = 24
/** The functions of both sides are optimised only after some thousand calls. */
const WARM_UP = 5000
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
    for (const revision of REVISIONS) rows.push(...rowsOf(revision.name, await roundsOf(url, revision, '/mcp')))
    rows.push(noiseRow(await roundsOf(url, REVISIONS[0]!, '/bare')))
    rows.push(await heapRow(url))
    return rows
  } finally {
    child.disconnect()
    await exited
  }
}

type Round = { readonly side: Measured; readonly bare: Measured }
type Measured = { readonly wallMicros: number; readonly cpuMicros: number }

/** Measures one path and the bare handler in turn (A B B A …). */
async function roundsOf(url: string, revision: Revision, path: string): Promise<readonly Round[]> {
  const calls = [caller(`${url}${path}`, revision), caller(`${url}/bare`, revision)] as const
  for (let step = 0; step < WARM_UP / 1000; step++) for (const call of calls) await all(call, 1000)
  const rounds: Round[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const spent: readonly [Measured[], Measured[]] = [[], []]
    for (let turn = 0; turn < 2 * PAIRS; turn++) {
      const side = Math.floor((turn + 1) / 2) % 2 === 0 ? 0 : 1
      spent[side].push(await measure(url, calls[side]))
    }
    rounds.push({ side: mean(spent[0]), bare: mean(spent[1]) })
  }
  return rounds
}

const mean = (parts: readonly Measured[]): Measured => ({
  wallMicros: parts.reduce((sum, { wallMicros }) => sum + wallMicros, 0) / parts.length,
  cpuMicros: parts.reduce((sum, { cpuMicros }) => sum + cpuMicros, 0) / parts.length,
})

/** Only the CPU time has a bound, because calls per second depend on the other work of the machine. */
function rowsOf(revision: string, rounds: readonly Round[]): BenchRow[] {
  return [
    {
      name: `calls a second of the server’s CPU, ${revision}`,
      ...compared(rounds, ({ cpuMicros }) => 1e6 / cpuMicros),
      bound: '≥ 0.9',
    },
    {
      name: `calls a second, 8 at a time, ${revision}`,
      ...compared(rounds, ({ wallMicros }) => 1e6 / wallMicros),
    },
  ]
}

/** The bare handler compared with itself: how far from 1 a ratio is on this machine if nothing differs. */
function noiseRow(rounds: readonly Round[]): BenchRow {
  return {
    name: 'the bare handler against itself, by CPU',
    ...compared(rounds, ({ cpuMicros }) => 1e6 / cpuMicros),
  }
}

function compared(rounds: readonly Round[], read: (measured: Measured) => number) {
  const ratios = rounds.map(({ side, bare }) => read(side) / read(bare))
  return {
    value: quantile(
      rounds.map(({ side }) => read(side)),
      0.5,
    ).toFixed(0),
    baseline: quantile(
      rounds.map(({ bare }) => read(bare)),
      0.5,
    ).toFixed(0),
    ratio: quantile(ratios, 0.5),
    middleHalf: [quantile(ratios, 0.25), quantile(ratios, 0.75)] as const,
  }
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * share)]!
}

/** Returns the time of one call. */
async function measure(url: string, call: () => Promise<unknown>): Promise<Measured> {
  const { cpuMicros: before } = await usage(url)
  const startedAtMs = performance.now()
  await all(call, CALLS)
  const elapsedMs = performance.now() - startedAtMs
  const { cpuMicros: after } = await usage(url)
  return { wallMicros: (elapsedMs * 1000) / CALLS, cpuMicros: (after - before) / CALLS }
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
