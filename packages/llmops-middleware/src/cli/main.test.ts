import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

const start = (args: readonly string[], env: object = {}) =>
  spawn(process.execPath, [MAIN, ...args], { env: { PATH: process.env['PATH'], ...env }, cwd: '/' })

async function run(...args: string[]) {
  const child = start(args)
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { stdout, stderr, code: child.exitCode }
}

async function silentServer(): Promise<Server & { url: string }> {
  const server = createServer(() => {}).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return Object.assign(server, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
}

describe('the command llmops', () => {
  it('says its version', async () => {
    expect(await run('--version')).toEqual({ stdout: `${version}\n`, stderr: '', code: 0 })
  })

  it('refuses a command that it does not know', async () => {
    expect(await run('dance')).toMatchObject({ stdout: '', stderr: expect.stringMatching(/'dance'/), code: 2 })
  })

  it.each([
    ['Ctrl-C', ['SIGINT']],
    ['the Ctrl-C that npm sends twice', ['SIGINT', 'SIGINT']],
    ['a terminal that is closed', ['SIGHUP']],
  ] as const)('says nothing on %s, and ends with 130', async (_, signals) => {
    const server = await silentServer()
    const asked = once(server, 'request')
    const child = start(['doctor', '--only', 'model', '--base-url', server.url, '--model', 'any'])
    const said = Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
    await asked
    for (const signal of signals) child.kill(signal)
    const [stdout, stderr] = await said
    expect({ stdout, stderr, code: child.exitCode }).toEqual({ stdout: '', stderr: '', code: 130 })
  })

  it('says nothing where its reader goes away', async () => {
    const child = start(['doctor', '--help'])
    child.stdout.destroy()
    const [stderr] = await Promise.all([text(child.stderr), once(child, 'exit')])
    expect({ stderr, code: child.exitCode }).toEqual({ stderr: '', code: 0 })
  })

  it('loads no package for the doctor, which must run where one is missing', async () => {
    const hide = `data:text/javascript,${encodeURIComponent(`
      import { registerHooks } from 'node:module'
      registerHooks({ resolve(name, context, next) {
        if (!/^(node:|\\.|\\/|file:|data:)/.test(name)) throw new Error('hidden: ' + name)
        return next(name, context)
      } })`)}`
    const child = start(['doctor', '--only', 'config,port'], { NODE_OPTIONS: `--import=${hide}` })
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
    expect({ stderr, code: child.exitCode }).toEqual({ stderr: '', code: 0 })
    expect(stdout).toMatch(/^HEALTHY/)
  })
})
