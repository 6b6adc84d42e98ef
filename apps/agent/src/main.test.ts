import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { sourceArguments } from 'command-line/source-arguments'
import { type ModelEndpoint, startModelEndpoint } from 'local-azure/model'
import { startRedisServer } from 'test-support/redis-server'

import { afterEach, expect, it, onTestFinished } from 'vitest'
import { askSlowly, settled, startLongAnswer } from '../test/support/slow-clients.ts'

type Process = { readonly child: ChildProcess; readonly url: string }

const MAIN = join(import.meta.dirname, 'main.ts')
let model: ModelEndpoint | undefined
let running: ChildProcess | undefined

let folder: string | undefined
afterEach(async () => {
  if (running?.exitCode === null && running.signalCode === null) {
    running.kill('SIGKILL')
    await once(running, 'exit')
  }
  await model?.close()
  model = undefined
  if (folder) rmSync(folder, { recursive: true, force: true })
})

it('answers a task that was running when it was told to stop, then exits with 0', async () => {
  const { child, url } = await startProcess({ tokensPerSecond: 60 })
  const answer = ask(url)
  await taskBegins(url)
  // Twice, as npm sends a Ctrl-C to what it runs.
  const said = textOf(child)
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGINT'] as const) child.kill(signal)
  expect((await answer).status).toBe(200)
  expect(await once(child, 'exit')).toEqual([0, null])
  expect(await said).toBe('Stopping: what runs may take 25 s. Ctrl-C again ends it at once.\n')
})

it('ends a task that does not finish in the time to drain, and says so', async () => {
  const { child, url } = await startProcess({}, { DRAIN_MS: '50' })
  model!.fault({ kind: 'hang' })
  const answer = ask(url)
  await taskBegins(url)
  child.kill('SIGTERM')
  const response = await answer
  expect(response.status).toBe(503)
  expect(await response.json()).toMatchObject({ code: 'draining' })
  expect(await once(child, 'exit')).toEqual([0, null])
})

it('stops in time, with exit code 0, though its clients do not read', async () => {
  const { url: modelUrl, sent } = await startLongAnswer()
  const { child, url } = await startProcess({}, { LOCAL_MODEL_URL: modelUrl, DRAIN_MS: '50' })
  for (let client = 0; client < 4; client++) await askSlowly(url, { reads: false })
  await settled(url, sent, 4)
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})

it.each([
  ['that cannot be reached', undefined],
  ['that is stopped', 'SIGSTOP' as const],
  ['that was killed', 'SIGKILL' as const],
])('stops in time with a Redis %s', async (_, signal) => {
  const redis = signal && (await startRedisServer())
  onTestFinished(async () => {
    if (redis && signal === 'SIGSTOP') process.kill(redis.processId, 'SIGCONT')
    await redis?.stop()
  })
  const REDIS_URL = `redis://127.0.0.1:${redis?.port ?? 9}`
  const { child, url } = await startProcess({}, { REDIS_URL, DRAIN_MS: '50' })
  if (redis) expect((await ask(url)).status).toBe(200)
  if (redis && signal === 'SIGSTOP') process.kill(redis.processId, signal)
  else await redis?.kill()
  expect((await ask(url)).status).toBe(503)
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})

it('refuses to start in production without a model, with one message and exit code 2', async () => {
  const child = spawnAgent({ NODE_ENV: 'production', PORT: 'http' })
  const errors = await textOf(child)
  expect(child.exitCode).toBe(2)
  expect(errors).toContain('AZURE_OPENAI_ENDPOINT is missing')
  expect(errors).toContain("PORT is 'http'")
  expect(errors).not.toContain('    at ')
})

it('waits before it ends when a Key Vault reference is not resolved, as only a restart resolves it again', async () => {
  const child = spawnAgent({ ADMIN_TOKEN: '@Microsoft.KeyVault(VaultName=v;SecretName=admin-token)' })
  let errors = ''
  for await (const line of createInterface({ input: child.stderr! })) {
    errors += `${line}\n`
    if (line.includes('in 30 s')) child.kill('SIGTERM')
  }
  expect(errors).toContain('in 30 s')
  expect(errors).toContain('ADMIN_TOKEN is a Key Vault reference that was not resolved')
  expect(errors).not.toContain('    at ')
  expect(child.exitCode ?? (await once(child, 'exit'))[0]).toBe(2)
})

it('starts while its identity has no token yet, is not ready, and says why in one line', async () => {
  const child = spawnAgent({
    AZURE_OPENAI_ENDPOINT: 'https://127.0.0.1:9',
    AZURE_CLIENT_ID: '00000000-0000-0000-0000-000000000001',
    IDENTITY_ENDPOINT: 'http://127.0.0.1:9/msi/token',
    IDENTITY_HEADER: 'secret',
  })
  running = child
  const errors = textOf(child)
  const ready = await fetch(`${await addressOf(child)}/health/ready`)
  expect(await ready.json()).toMatchObject({ status: 503, reason: 'identity_not_ready' })
  child.kill('SIGTERM')
  const lines = (await errors).split('\n').filter((line) => line.includes('identity'))
  expect(lines).toEqual([
    expect.stringMatching(
      /^\d\d:\d\d:\d\d warn {2}Not ready: the identity of the agent got no token for .+ Give the identity the role/,
    ),
  ])
})

it('says that its port is taken', async () => {
  const { url } = await startProcess({})
  const child = spawnAgent({ PORT: new URL(url).port })
  expect(await textOf(child)).toContain('EADDRINUSE')
  expect(child.exitCode).toBe(2)
})

function ask(url: string): Promise<Response> {
  return fetch(new URL('/chat', url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ prompt: 'Where is my order ORD-1001?' }),
  })
}

async function taskBegins(url: string): Promise<void> {
  for (;;) {
    const { running } = (await (await fetch(new URL('/status', url))).json()) as { running: number }
    if (running > 0) return
  }
}

async function startProcess(
  options: { tokensPerSecond?: number },
  variables: Record<string, string> = {},
): Promise<Process> {
  model = await startModelEndpoint(options)
  const child = spawnAgent({ LOCAL_MODEL_URL: model.url, ...variables })
  running = child
  return { child, url: await addressOf(child) }
}

async function addressOf(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout! })) {
    const url = /page\s+(\S+)/.exec(line)?.[1]
    if (url) return url
  }
  throw new Error(`The agent did not start: exit code ${child.exitCode}`)
}

function spawnAgent(variables: Record<string, string>): ChildProcess {
  folder = mkdtempSync(join(tmpdir(), 'agent-'))
  return spawn(process.execPath, [...sourceArguments(), MAIN], {
    env: { PATH: process.env['PATH'], PORT: '0', DATA_DIR: folder, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function textOf(child: ChildProcess): Promise<string> {
  let text = ''
  child.stderr!.on('data', (chunk) => {
    text += chunk
  })
  await once(child, 'close')
  return text
}
