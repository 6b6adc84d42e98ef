import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { sourceArguments } from 'command-line/source-arguments'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))

/** An agent that does what a fault tells it, and notes what it was told. */
type Agent = {
  /** Status of what switches the fault off. */
  clearing: number | 'never'
  server: Server
  url: string
  faults: unknown[]
  chats: number
  firstChat: Promise<void>
}

async function startAgent(): Promise<Agent> {
  let fault: { mode: string } | undefined
  let chatted = () => {}
  const agent: Agent = {
    server: createServer(async (request, response) => {
      const body = await text(request)
      const answer = (status: number, value: unknown) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
      if (request.url === '/health') return answer(200, { instance: 'a1' })
      if (request.url === '/admin/chaos') {
        if (request.headers.authorization !== 'Bearer secret') return answer(404, { title: 'Not Found' })
        if (request.method === 'DELETE' && agent.clearing !== 200) {
          return agent.clearing === 'never' ? undefined : answer(agent.clearing, { title: 'Broken' })
        }
        fault = request.method === 'POST' ? JSON.parse(body) : undefined
        agent.faults.push(fault ?? 'cleared')
        return answer(200, {})
      }
      agent.chats++
      chatted()
      return fault?.mode === 'outage'
        ? answer(503, { title: 'No tool available' })
        : answer(200, { instance: 'a1', outcome: 'completed', costUsd: 0.002 })
    }),
    url: '',
    clearing: 200,
    faults: [],
    chats: 0,
    firstChat: new Promise((resolve) => {
      chatted = resolve
    }),
  }
  agent.server.listen(0, '127.0.0.1')
  await once(agent.server, 'listening')
  agent.url = `http://127.0.0.1:${(agent.server.address() as AddressInfo).port}`
  return agent
}

function start(...args: string[]): ChildProcess {
  return spawn(process.execPath, [...sourceArguments(), MAIN, 'inject', ...args], {
    env: { PATH: process.env['PATH'] },
  })
}

async function run(...args: string[]) {
  const child = start(...args)
  const [stdout, stderr] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, 'exit')])
  return { stdout, stderr, code: child.exitCode }
}

describe('chaos inject', () => {
  let agent: Agent
  beforeEach(async () => {
    agent = await startAgent()
  })
  afterEach(() => {
    agent.server.closeAllConnections()
    agent.server.close()
  })

  it('sets the fault, drives the load, tallies the answers and clears the fault', async () => {
    const args = ['--base-url', agent.url, '--token', 'secret', '--rps', '50', '--duration', '300ms', '--json']
    const { stdout, code } = await run(...args, '--mode', 'outage', '--probability', '0.5', '--seed', '7')
    const result = JSON.parse(stdout)
    expect(code).toBe(0)
    expect(agent.faults).toEqual([{ mode: 'outage', probability: 0.5, seed: 7, ttlMs: 5300 }, 'cleared'])
    expect(result.statuses).toEqual({ 503: agent.chats })
    expect(result).toMatchObject({ successRatio: 0, instanceBefore: 'a1', instanceAfter: 'a1' })
    expect(agent.chats).toBeGreaterThan(0)
  })

  it('clears the fault when it is interrupted', async () => {
    const child = start('--base-url', agent.url, '--token', 'secret', '--rps', '50', '--duration', '1h')
    const exited = once(child, 'exit')
    await agent.firstChat
    const said = Promise.all([text(child.stdout!), text(child.stderr!)])
    child.kill('SIGINT')
    await exited
    expect(agent.faults.at(-1)).toBe('cleared')
    const [stdout, stderr] = await said
    expect(child.exitCode).toBe(130)
    expect(stderr).toMatch(/\nInterrupted: cleaning up\. .*\nThe fault is off\.\n$/)
    // What was measured until then is not lost.
    expect(stdout).toMatch(/^ +requests +\d+\n/)
  })

  it('is not ended by the second SIGINT that npm sends for one Ctrl-C, nor before the fault is off', async () => {
    const child = start('--base-url', agent.url, '--token', 'secret', '--rps', '50', '--duration', '1h')
    const exited = once(child, 'exit')
    await agent.firstChat
    for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM'] as const) child.kill(signal)
    await exited
    expect([child.exitCode, agent.faults.at(-1)]).toEqual([130, 'cleared'])
  })

  it('is ended at once by a second Ctrl-C, a second later, though the fault is not off', async () => {
    agent.clearing = 'never'
    const child = start('--base-url', agent.url, '--token', 'secret', '--rps', '50', '--duration', '1h')
    const said = Promise.all([text(child.stdout!), text(child.stderr!)])
    await agent.firstChat
    child.kill('SIGINT')
    // Those of the first second are the same Ctrl-C.
    await expect.poll(() => child.kill('SIGINT') || child.exitCode, { interval: 100 }).toBe(130)
    const [stdout, stderr] = await said
    expect([stdout, stderr]).toEqual(['', expect.stringMatching(/\nInterrupted: cleaning up\. Ctrl-C again .*\n$/)])
    expect(agent.faults).not.toContain('cleared')
  })

  it('goes on where its reader goes away, and ends with its exit code', async () => {
    const args = ['--base-url', agent.url, '--token', 'secret', '--rps', '50', '--duration', '100ms']
    const child = start(...args, '--fail-if', 'success<0.95')
    child.stdout!.destroy()
    const [stderr] = await Promise.all([text(child.stderr!), once(child, 'exit')])
    expect([child.exitCode, stderr]).toEqual([1, expect.stringMatching(/\nThe fault is off\.\n$/)])
    expect(agent.faults.at(-1)).toBe('cleared')
  })

  it('ends with 1 where a --fail-if holds, says which, and writes the report', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'inject-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const report = join(folder, 'report.json')
    const args = ['--base-url', agent.url, '--token', 'secret', '--rps', '50', '--duration', '200ms']
    const conditions = ['--fail-if', 'success<0.95', '--fail-if', 'unreachable>0']
    const { stdout, code } = await run(...args, ...conditions, '--report', report)
    expect(stdout).toMatch(/^ {2}✗ fail if success<0\.95 +0\.0 ?%\n {2}✓ fail if unreachable>0 +0\.0 ?%\n/)
    expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({
      held: false,
      failIf: [
        { failIf: 'success<0.95', failed: true, observed: 0 },
        { failIf: 'unreachable>0', failed: false, observed: 0 },
      ],
    })
    expect(code).toBe(1)
  })

  it('refuses a server that answers but is not the agent, before any load', async () => {
    const other = createServer((_, response) => response.end('{"status":"ok"}')).listen(0, '127.0.0.1')
    await once(other, 'listening')
    onTestFinished(() => void other.close())
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
    const { stdout, stderr, code } = await run('--base-url', url, '--token', 'secret', '--json')
    expect(stderr).toBe(`What answers at ${url} is not the agent: GET /health names no instance. Check --base-url.\n`)
    expect([stdout, code]).toEqual(['', 2])
  })

  it('says that the fault may still be on where it cannot be cleared, without losing the result', async () => {
    agent.clearing = 500
    const args = ['--base-url', agent.url, '--token', 'secret', '--rps', '50', '--duration', '100ms', '--json']
    const { stdout, stderr, code } = await run(...args)
    expect(stderr).toMatch(
      /The fault may still be on, and ends by itself 5100ms after it was set: DELETE .* answered 500/,
    )
    expect(JSON.parse(stdout)).toMatchObject({ held: true })
    expect(code).toBe(2)
  })

  it('says how to authorise when the agent has no such route', async () => {
    const { stderr, code } = await run('--base-url', agent.url, '--token', 'wrong', '--duration', '1')
    expect(code).toBe(2)
    // The call that was asked for, and nothing else: no load was announced, and there is nothing to clear.
    expect(stderr).toMatch(/^POST .*\/admin\/chaos answered 404: set ADMIN_TOKEN on the agent .*\n$/)
    expect(agent.chats).toBe(0)
  })

  it('says that nothing answers at an address', async () => {
    const { stderr, code } = await run('--base-url', 'http://127.0.0.1:1', '--token', 'secret', '--duration', '1')
    expect(code).toBe(2)
    expect(stderr).toMatch(/No agent answers at http:\/\/127\.0\.0\.1:1/)
  })

  it.each([
    [['--mode', 'meteor'], /--mode.*meteor.*throttle/s],
    [['--probability', '1.5'], /--probability.*1\.5.*from 0 to 1/s],
    [['--rps', '-1'], /--rps.*-1.*requests a second/s],
    [['--duration', 'soon'], /--duration.*soon.*5m/s],
    [['--fail-if', 'sucess<1'], /--fail-if.*sucess<1.*Did you mean 'success'/s],
    [['--report', '/nowhere/report.json'], /--report \/nowhere\/report\.json: the folder \/nowhere cannot be written/],
    [['--bse-url', 'x'], /unknown option '--bse-url'.*Did you mean --base-url/s],
    [['--base-url', 'ftp://agent'], /--base-url.*ftp:\/\/agent.*http/s],
  ])('refuses %j, naming the option, the value and what is accepted', async (args, message) => {
    const { stderr, code } = await run('--base-url', agent.url, ...args)
    expect(code).toBe(2)
    expect(stderr).toMatch(message)
    expect(agent.faults).toEqual([])
  })
})
