import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { sourceArguments } from 'command-line/source-arguments'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))

/** An agent that does what a fault tells it, and notes what it was told. */
type Agent = { server: Server; url: string; faults: unknown[]; chats: number; firstChat: Promise<void> }

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
    child.kill('SIGINT')
    await exited
    expect(agent.faults.at(-1)).toBe('cleared')
  })

  it('says how to authorise when the agent has no such route', async () => {
    const { stderr, code } = await run('--base-url', agent.url, '--token', 'wrong', '--duration', '1')
    expect(code).toBe(2)
    expect(stderr).toContain('ADMIN_TOKEN')
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
    [['--base-url', 'ftp://agent'], /--base-url.*ftp:\/\/agent.*http/s],
  ])('refuses %j, naming the option, the value and what is accepted', async (args, message) => {
    const { stderr, code } = await run('--base-url', agent.url, ...args)
    expect(code).toBe(2)
    expect(stderr).toMatch(message)
    expect(agent.faults).toEqual([])
  })
})
