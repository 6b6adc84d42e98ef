import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { sourceArguments } from 'command-line/source-arguments'
import express from 'express'
import { createLlmOps, type LlmOps } from 'llmops-middleware'
import { type Dashboard, dashboardRouter } from 'llmops-middleware/dashboard'
import { compare, type Measured } from './harness/compare.ts'
import type { BenchRow } from './row.ts'

export const title =
  'A task with a model call and a tool call, with and without the live page; the page with 50 viewers'

const TASKS_A_SECOND = 500
const SECONDS = 10
const VIEWERS = 50
const LOAD = { calls: 1500, concurrency: 1 }

const REQUEST = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hello' }], max_tokens: 64 }),
}
const ANSWER = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4o-mini',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hello! How can I help you?' } }],
  usage: { prompt_tokens: 9, completion_tokens: 9, total_tokens: 18 },
})

export async function run(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'dashboard-bench-'))
  try {
    const memory = await compareWith(undefined)
    const file = await compareWith(join(folder, 'compared.db'))
    return [
      cost('in memory', memory),
      cost('in a file', file),
      ...(await bytesOfTask(join(folder, 'bytes.db'))),
      ...(await viewed(join(folder, 'viewed.db'))),
    ]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** An agent that runs one task after another, without real cost. */
function agent(): { readonly ops: LlmOps<LlmOps['budget'] | undefined>; readonly task: () => Promise<unknown> } {
  const provider: typeof fetch = async () => new Response(ANSWER, { headers: { 'content-type': 'application/json' } })
  const ops = createLlmOps({ fetch: provider, logger: false })
  const lookup = ops.tool({
    name: 'lookup',
    description: 'Looks something up',
    effect: 'read',
    parameters: { type: 'object', required: ['query'], properties: { query: { type: 'string' } } },
    run: ({ query }) => query,
  })
  const task = () =>
    ops.task({ tenant: 'bench' }, async () => {
      await (await ops.fetch('https://api.openai.com/v1/chat/completions', REQUEST)).text()
      await lookup.call('{"query":"returns"}')
    })
  return { ops, task }
}

async function compareWith(path: string | undefined) {
  const [watched, bare] = [agent(), agent()]
  const dashboard = dashboardRouter({ ops: watched.ops, history: { path } })
  const measured = await compare(watched.task, bare.task, LOAD)
  dashboard.close()
  return measured
}

function cost(where: string, { a, b }: { readonly a: Measured; readonly b: Measured }): BenchRow {
  return {
    name: `a task, kept ${where}: +${(a.cpuMicros - b.cpuMicros).toFixed(1)} µs`,
    value: `${a.cpuMicros.toFixed(1)} µs`,
    baseline: `${b.cpuMicros.toFixed(1)} µs`,
    ratio: a.cpuMicros / b.cpuMicros,
  }
}

async function bytesOfTask(path: string): Promise<BenchRow[]> {
  const { ops, task } = agent()
  const tasks = 20_000
  const dashboard = dashboardRouter({ ops, history: { path } })
  for (let count = 0; count < tasks; count++) {
    await task()
    // What waits to be written is bounded.
    if (count % 2000 === 1999) await delay(1500)
  }
  dashboard.close()
  return [{ name: 'bytes stored a task, with its indices', value: `${Math.round(statSync(path).size / tasks)} B` }]
}

async function viewed(path: string): Promise<BenchRow[]> {
  const { ops, task } = agent()
  const dashboard = dashboardRouter({ ops, history: { path } })
  const { url, close } = await serve(dashboard)
  const alone = await share(task)
  const viewers = fork(join(import.meta.dirname, 'harness/viewers-main.ts'), [url, String(VIEWERS)], {
    execArgv: sourceArguments(),
  })
  await new Promise<void>((resolve) => {
    let admitted = 0
    viewers.on('message', () => ++admitted === VIEWERS && resolve())
  })
  const watched = await share(task)
  viewers.kill()
  await once(viewers, 'exit')
  close()
  dashboard.close()
  return [
    {
      name: `CPU at ${TASKS_A_SECOND} tasks a second, ${VIEWERS} viewers and without`,
      value: `${(watched.cpu * 100).toFixed(1)} %`,
      baseline: `${(alone.cpu * 100).toFixed(1)} %`,
      ratio: watched.cpu / alone.cpu,
    },
    {
      name: 'delay of the event loop, p99, the same',
      value: `${watched.delayMs.toFixed(1)} ms`,
      baseline: `${alone.delayMs.toFixed(1)} ms`,
    },
  ]
}

/** The share of one core that tasks at a steady rate use, with everything that they cause. */
async function share(task: () => Promise<unknown>) {
  const delays = monitorEventLoopDelay({ resolution: 1 })
  delays.enable()
  const cpu = process.cpuUsage()
  const startedAtMs = performance.now()
  let done = 0
  while (performance.now() - startedAtMs < SECONDS * 1000) {
    const due = ((performance.now() - startedAtMs) / 1000) * TASKS_A_SECOND
    while (done < due) {
      await task()
      done++
    }
    await delay(5)
  }
  const elapsedMicros = (performance.now() - startedAtMs) * 1000
  const { user, system } = process.cpuUsage(cpu)
  delays.disable()
  return { cpu: (user + system) / elapsedMicros, delayMs: delays.percentile(99) / 1e6 }
}

async function serve(dashboard: Dashboard) {
  const server = createServer(express().use(dashboard))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close }
}
