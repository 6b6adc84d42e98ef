import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createLlmOps } from 'llmops-middleware'
import { pooledFetch } from 'llmops-middleware/transport'
import OpenAI from 'openai'
import type { BenchRow } from './row.ts'

export const title = 'From an abort to the last that the provider sees of the call, the longest of 500, 16 at a time'

const CALLS = 500
const CONCURRENCY = 16
const REQUEST: OpenAI.ChatCompletionCreateParamsStreaming = {
  model: 'gpt-4o-mini',
  messages: [{ role: 'user', content: 'Hello, how are you today?' }],
  stream: true,
}
const EVENT = `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta: { content: 'word ' }, finish_reason: null }] })}\n\n`

/** What the provider has generated when the caller disconnects. */
const MOMENTS = {
  'before its headers': () => {},
  'before its first event': (response: ServerResponse) => response.flushHeaders(),
  'amid its events': (response: ServerResponse) => {
    const timer = setInterval(() => response.write(EVENT), 1)
    response.on('close', () => clearInterval(timer))
  },
} as const

export async function run(): Promise<BenchRow[]> {
  const settings = { defaultTenant: 'bench', budget: { limitUsd: 1_000_000 } }
  const ops = createLlmOps(settings)
  const pooledOps = createLlmOps({ ...settings, fetch: pooledFetch() })
  const rows: BenchRow[] = []
  for (const [moment, act] of Object.entries(MOMENTS)) {
    const baselineMs = await longestMs(fetch, act)
    for (const [name, governed] of Object.entries({ governed: ops.fetch, 'governed, pooledFetch': pooledOps.fetch })) {
      const valueMs = await longestMs(governed, act)
      rows.push({
        name: `${name}, ${moment}`,
        value: `${valueMs.toFixed(1)} ms`,
        baseline: `${baselineMs.toFixed(1)} ms`,
        ratio: valueMs / baselineMs,
        bound: 'at most 50 ms',
      })
    }
  }
  await ops.close()
  await pooledOps.close()
  return rows
}

/** One call, as the provider sees it: both share this process's clock. */
class Sighting {
  readonly received = Promise.withResolvers<void>()
  readonly ended = Promise.withResolvers<number>()
}

async function longestMs(send: typeof fetch, act: (response: ServerResponse) => void): Promise<number> {
  const sightings = new Map<string, Sighting>()
  const server = createServer((request, response) => {
    const { received, ended } = sightings.get(String(request.headers['x-call']))!
    response.setHeader('content-type', 'text/event-stream')
    request.resume()
    act(response)
    response.on('close', () => ended.resolve(performance.now()))
    received.resolve()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  const openai = new OpenAI({ baseURL, apiKey: 'any', maxRetries: 0, fetch: send })
  const lags: number[] = []
  let left = CALLS
  const work = async () => {
    while (left-- > 0) {
      const id = String(left)
      const sighting = new Sighting()
      sightings.set(id, sighting)
      const leaver = new AbortController()
      const call = read(openai, id, leaver.signal).catch(() => {})
      await sighting.received.promise
      await new Promise((resolve) => setTimeout(resolve, 5 + (left % 7)))
      const abortedAtMs = performance.now()
      leaver.abort()
      await call
      lags.push((await sighting.ended.promise) - abortedAtMs)
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, work))
  server.closeAllConnections()
  server.close()
  return Math.max(...lags)
}

async function read(openai: OpenAI, id: string, signal: AbortSignal): Promise<void> {
  const options = { signal, headers: { 'x-call': id } }
  for await (const _ of await openai.chat.completions.create(REQUEST, options));
}
