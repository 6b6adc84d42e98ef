import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sourceArguments } from 'command-line/source-arguments'
import { afterEach, expect, it } from 'vitest'
import type { Attempt } from './index.ts'

const MAIN = join(import.meta.dirname, 'main.ts')
const folder = await mkdtemp(join(tmpdir(), 'model-endpoint-'))
afterEach(() => rm(folder, { recursive: true, force: true }))

it('runs as a process of its own, whose log of what was billed outlives it', async () => {
  const logFile = join(folder, 'attempts.jsonl')
  const child = spawn(process.execPath, [...sourceArguments(), MAIN, '--log-file', logFile], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const { url } = JSON.parse(line.toString()) as { url: string }
  const ask = () =>
    fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'api-key': 'any' },
      body: JSON.stringify({ model: 'gpt-4o-mini', user: 'contoso', messages: [{ role: 'user', content: 'Hello' }] }),
    })
  const fault = { kind: 'unavailable', times: 'Infinity' }
  await fetch(`${url}/_faults`, { method: 'POST', body: JSON.stringify(fault) })
  expect((await ask()).status).toBe(503)
  await fetch(`${url}/_faults`, { method: 'DELETE' })
  expect((await ask()).status).toBe(200)
  const log = (await (await fetch(`${url}/_log`)).json()) as { totalCostNanos: number; attempts: Attempt[] }
  child.kill('SIGKILL')
  await once(child, 'exit')

  const kept = (await readFile(logFile, 'utf8')).trim().split('\n')
  expect(kept.map((text) => JSON.parse(text))).toEqual(log.attempts)
  expect(log.attempts).toMatchObject([
    { outcome: 'refused', fault: 'unavailable', tenantHint: 'contoso', costNanos: 0 },
    { outcome: 'completed', costNanos: log.totalCostNanos },
  ])
})

it('says which setting it does not accept, and exits with 2', async () => {
  const child = spawn(process.execPath, [...sourceArguments(), MAIN, '--port', 'nine'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const [message] = (await once(child.stderr, 'data')) as [Buffer]
  expect(message.toString()).toContain('`port`')
  expect(await once(child, 'exit')).toEqual([2, null])
})
