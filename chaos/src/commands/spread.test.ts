import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { sourceArguments } from 'command-line/source-arguments'
import { type Platform, startPlatform } from 'local-azure'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import type { Spread } from '../spread/spread.ts'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
const SNAPSHOT = fileURLToPath(new URL('../../../infra/main.snapshot.json', import.meta.url))
const AGENT = fileURLToPath(new URL('../../../apps/agent/src/main.ts', import.meta.url))
const PROTOCOLS = ['http /chat', 'mcp 2025-11-25', 'mcp 2026-07-28']

const folder = mkdtempSync(join(tmpdir(), 'spread-'))
let platform: Platform
beforeAll(async () => {
  // As deployed, but for affinity, which the front door offers here and a client may take or leave.
  const snapshot = join(folder, 'main.snapshot.json')
  writeFileSync(
    snapshot,
    readFileSync(SNAPSHOT, 'utf8').replaceAll(/"clientAffinityEnabled": false/g, '"clientAffinityEnabled": true'),
  )
  platform = await startPlatform({ snapshot, entry: AGENT, instances: 3, exportTelemetry: false })
})
afterAll(async () => {
  await platform?.close()
  rmSync(folder, { recursive: true })
})

const start = (...args: readonly string[]) =>
  spawn(process.execPath, [...sourceArguments(), MAIN, 'spread', ...args], { env: { PATH: process.env['PATH'] } })

async function run(...args: string[]) {
  const child = start(...args)
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { stdout, stderr, code: child.exitCode }
}

const toPlatform = (...args: string[]) => run('--base-url', platform.productionUrl, '--calls', '9', ...args)

it('tallies who answered by /chat and by both protocols of /mcp, each of which every instance answers', async () => {
  const { stdout, code } = await toPlatform('--instances', '3', '--json')
  const result = JSON.parse(stdout) as Spread
  expect(result.protocols.map(({ protocol, failed }) => [protocol, failed])).toEqual(PROTOCOLS.map((name) => [name, 0]))
  for (const { answered } of result.protocols) expect(Object.values(answered)).toEqual([3, 3, 3])
  expect([result.held, code]).toEqual([true, 0])
})

it('ends with 1 if clients keep cookies and the front door has affinity, because one instance answers everything', async () => {
  const { stdout, code } = await toPlatform('--instances', '3', '--keep-cookies', '--json')
  const { instances, protocols } = JSON.parse(stdout) as Spread
  expect(instances).toHaveLength(1)
  for (const { answered, failed } of protocols) expect([Object.values(answered), failed]).toEqual([[9], 0])
  expect(code).toBe(1)
})

it('ends with 1 while one instance is dead, and shows it', async () => {
  await platform.kill('production', platform.instances('production')[1])
  const { stdout, code } = await toPlatform('--instances', '3')
  expect(stdout).toMatch(/\(never answered\) +0 +0 +0\n/)
  expect(stdout).toMatch(/failed +3 +[3-9] +[3-9]/)
  expect(code).toBe(1)
})

it.each([[['SIGINT']], [['SIGINT', 'SIGINT']], [['SIGTERM']]] as const)(
  'ends quietly with 130 on %j',
  async (signals) => {
    const server = createServer(() => {}).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    const asked = once(server, 'request')
    const child = start('--base-url', `http://127.0.0.1:${(server.address() as AddressInfo).port}`, '--json')
    const said = Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
    await Promise.race([asked, said])
    for (const signal of signals) child.kill(signal)
    const [stdout, stderr] = await said
    expect([child.exitCode, stdout]).toEqual([130, ''])
    expect(stderr).toMatch(/^Interrupted: cleaning up\. .*\n$/)
  },
)

it.each([
  [['--base-url', 'http://127.0.0.1:1'], /No agent answers at http:\/\/127\.0\.0\.1:1/],
  [['--instances', '0'], /--instances.*0.*from 1 to 30/s],
  [['--calls', '1.5'], /--calls.*1\.5.*whole number from 1 to 10000/s],
])('cannot run with %j, and says why', async (args, message) => {
  const { stderr, code } = await run(...args)
  expect(code).toBe(2)
  expect(stderr).toMatch(message)
})
