import { createLlmOps } from 'llmops-middleware'
import { pooledFetch } from 'llmops-middleware/transport'
import OpenAI from 'openai'
import { startModelProcess } from 'test-support/model-process'
import { compare, type Measured } from './harness/compare.ts'
import type { BenchRow } from './row.ts'

export const title = 'A governed call compared with the same call of the bare SDK, over one loopback endpoint'

const MESSAGES: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Hello, how are you today?' }]
const REQUEST = { model: 'gpt-4o-mini', messages: MESSAGES, max_completion_tokens: 64 }

export async function run(): Promise<BenchRow[]> {
  const model = await startModelProcess()
  const settings = { defaultTenant: 'bench', budget: { limitUsd: 1_000_000 } }
  const ops = createLlmOps(settings)
  const pooledOps = createLlmOps({ ...settings, fetch: pooledFetch() })
  const options = { baseURL: `${model.url}/v1`, apiKey: 'any', maxRetries: 0 }
  const governed = new OpenAI({ ...options, fetch: ops.fetch })
  const pooled = new OpenAI({ ...options, fetch: pooledOps.fetch })
  const bare = new OpenAI(options)
  const bareFetch = fetchChat(fetch, model.url)
  const governedFetch = fetchChat(ops.fetch, model.url)
  const rows: BenchRow[] = []
  try {
    const fetches = await compare(governedFetch, bareFetch, { calls: 500, concurrency: 1 })
    rows.push(...rowsOf('fetch, JSON, 1 at a time', fetches))
    for (const concurrency of [1, 16, 64]) {
      const load = { calls: 500, concurrency }
      for (const [name, client] of [
        ['governed', governed],
        ['governed, pooledFetch', pooled],
      ] as const) {
        const json = await compare(
          () => client.chat.completions.create(REQUEST),
          () => bare.chat.completions.create(REQUEST),
          load,
        )
        rows.push(...rowsOf(`${name}, JSON, ${concurrency} at a time`, json))
        const streams = await compare(
          () => readStream(client),
          () => readStream(bare),
          { ...load, calls: 200 },
        )
        rows.push(...rowsOf(`${name}, stream, ${concurrency} at a time`, streams))
        const firstTokens = await compare(
          () => firstToken(client),
          () => firstToken(bare),
          { ...load, calls: 200 },
        )
        rows.push(firstTokenRow(`${name}, first token, ${concurrency} at a time`, firstTokens))
      }
    }
  } finally {
    await ops.close()
    await pooledOps.close()
    await model.stop()
  }
  return rows
}

function fetchChat(fetch: typeof globalThis.fetch, url: string): () => Promise<string> {
  const headers = { authorization: 'Bearer any', 'content-type': 'application/json' }
  const body = JSON.stringify(REQUEST)
  return async () => (await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body })).text()
}

/** The time to the first event. The rest of the stream is read outside the measurement, and costs both sides the same. */
async function firstToken(client: OpenAI): Promise<number> {
  const startedAtMs = performance.now()
  let firstMs = 0
  for await (const _ of await client.chat.completions.create(STREAM)) firstMs ||= performance.now() - startedAtMs
  return firstMs
}

/** Both sides request the usage event, as a governed stream always does, so that it does not count as a cost of governing. */
const STREAM = { ...REQUEST, stream: true, stream_options: { include_usage: true } } as const

async function readStream(client: OpenAI): Promise<void> {
  for await (const _ of await client.chat.completions.create(STREAM));
}

function firstTokenRow(name: string, { a, b }: { a: Measured; b: Measured }): BenchRow {
  return {
    name: `${name}: p50, ${signed(a.p50Ms - b.p50Ms, 2)} ms`,
    value: `${a.p50Ms.toFixed(2)} ms`,
    baseline: `${b.p50Ms.toFixed(2)} ms`,
    ratio: a.p50Ms / b.p50Ms,
  }
}

function rowsOf(name: string, { a, b }: { a: Measured; b: Measured }): BenchRow[] {
  return [
    {
      name: `${name}: CPU a call, ${signed(a.cpuMicros - b.cpuMicros, 0)} µs`,
      value: `${a.cpuMicros.toFixed(0)} µs`,
      baseline: `${b.cpuMicros.toFixed(0)} µs`,
      ratio: a.cpuMicros / b.cpuMicros,
    },
    {
      name: `${name}: calls a second`,
      value: a.callsPerSecond.toFixed(0),
      baseline: b.callsPerSecond.toFixed(0),
      ratio: a.callsPerSecond / b.callsPerSecond,
    },
    {
      name: `${name}: p99`,
      value: `${a.p99Ms.toFixed(2)} ms`,
      baseline: `${b.p99Ms.toFixed(2)} ms`,
      ratio: a.p99Ms / b.p99Ms,
    },
  ]
}

function signed(difference: number, digits: number): string {
  return `${difference < 0 ? '−' : '+'}${Math.abs(difference).toFixed(digits)}`
}
