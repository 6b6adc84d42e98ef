import { createLlmOps } from 'llmops-middleware'
import type { BenchRow } from './row.ts'

export const title = 'Memory of 1,000 concurrent tasks, each in the middle of a model call'

const TASKS = 1000
const BODY = JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hello' }] })

export async function run(): Promise<BenchRow[]> {
  const ops = createLlmOps({ budget: { limitUsd: 1_000_000 }, fetch: neverAnswers })
  const governed = await heldBy((signal) =>
    ops.task({ tenant: 'bench', deadlineMs: 60_000, signal }, () => ops.fetch(URL, { method: 'POST', body: BODY })),
  )
  const bare = await heldBy((signal) => neverAnswers(URL, { method: 'POST', body: BODY, signal }))
  return [
    {
      name: 'a task with its call, deadline, hold and signal',
      value: `${(governed / TASKS / 1024).toFixed(1)} KiB`,
      baseline: `${(bare / TASKS / 1024).toFixed(1)} KiB`,
      ratio: governed / bare,
    },
    { name: '1,000 of them', value: `${(governed / 1024 / 1024).toFixed(1)} MiB` },
  ]
}

const URL = 'http://127.0.0.1/v1/chat/completions'

/** A slow provider that uses no memory for sockets. */
const neverAnswers = ((_: unknown, init?: RequestInit) =>
  new Promise<Response>((_, reject) => {
    init?.signal?.addEventListener('abort', () => reject(init.signal?.reason))
  })) as typeof fetch

async function heldBy(start: (signal: AbortSignal) => Promise<unknown>): Promise<number> {
  const stop = new AbortController()
  const before = heapUsed()
  const running = Array.from({ length: TASKS }, () => start(stop.signal).catch(() => {}))
  await new Promise((resolve) => setTimeout(resolve, 50))
  const held = heapUsed() - before
  stop.abort()
  await Promise.all(running)
  return held
}

/** After a collection, which needs `--expose-gc`. */
function heapUsed(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}
