import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { createLlmOps } from 'llmops-middleware'
import { pooledFetch } from 'llmops-middleware/transport'
import OpenAI from 'openai'
import { startModelProcess } from 'test-support/model-process'
import { compare } from './harness/compare.ts'
import type { BenchRow } from './row.ts'

export const title = 'Compared with a Portkey gateway on the same machine: the time that each adds to a call'

const REQUEST: OpenAI.ChatCompletionCreateParamsNonStreaming = {
  model: 'gpt-4o-mini',
  messages: [{ role: 'user', content: 'Hello, how are you today?' }],
  max_completion_tokens: 64,
}
const VERSION = '1.15.2'

export async function run(): Promise<BenchRow[]> {
  const model = await startModelProcess()
  const gateway = await startGateway()
  const settings = { defaultTenant: 'bench', budget: { limitUsd: 1_000_000 } }
  const governors = {
    'the global fetch': createLlmOps(settings),
    pooledFetch: createLlmOps({ ...settings, fetch: pooledFetch() }),
  }
  const direct = { baseURL: `${model.url}/v1`, apiKey: 'any', maxRetries: 0 }
  const clientOf = (options: ConstructorParameters<typeof OpenAI>[0]) => {
    const client = new OpenAI(options)
    return () => client.chat.completions.create(REQUEST)
  }
  const bare = clientOf(direct)
  const theirs = clientOf({
    ...direct,
    baseURL: `${gateway.url}/v1`,
    defaultHeaders: { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `${model.url}/v1` },
  })
  try {
    await theirs()
    const rows: BenchRow[] = []
    const one = { calls: 250, concurrency: 1 }
    const theirsOne = await compare(theirs, bare, one)
    const theirsAdded = theirsOne.a.p50Ms - theirsOne.b.p50Ms
    for (const [name, ops] of Object.entries(governors)) {
      const ours = clientOf({ ...direct, fetch: ops.fetch })
      const oursOne = await compare(ours, bare, one)
      const many = await compare(ours, theirs, { calls: 750, concurrency: 16 })
      const added = oursOne.a.p50Ms - oursOne.b.p50Ms
      rows.push(
        {
          name: `latency added to a call over ${name}, p50`,
          value: `${(added * 1000).toFixed(0)} µs`,
          baseline: `${(theirsAdded * 1000).toFixed(0)} µs`,
          ratio: added / theirsAdded,
        },
        {
          name: `calls a second over ${name}, 16 at a time`,
          value: many.a.callsPerSecond.toFixed(0),
          baseline: many.b.callsPerSecond.toFixed(0),
          ratio: many.a.callsPerSecond / many.b.callsPerSecond,
        },
      )
    }
    return rows
  } finally {
    for (const ops of Object.values(governors)) await ops.close()
    await gateway.stop()
    await model.stop()
  }
}

/** Installed from the npm registry only for this bench, so that the tests do not need a gateway. */
async function startGateway(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const port = await freePort()
  const args = ['--yes', `@portkey-ai/gateway@${VERSION}`, `--port=${port}`, '--headless']
  const child = spawn('npx', args, { stdio: 'ignore', detached: true })
  const url = `http://127.0.0.1:${port}`
  for (let tries = 0; !(await fetch(url).catch(() => undefined)); tries++) {
    if (tries > 300 || child.exitCode !== null) throw new Error('The Portkey gateway did not start within a minute.')
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  return {
    url,
    stop: async () => {
      const exited = once(child, 'exit')
      // npx starts the gateway as a child of its own.
      process.kill(-child.pid!, 'SIGTERM')
      await exited
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}
