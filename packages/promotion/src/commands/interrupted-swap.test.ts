import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { sourceArguments } from 'command-line/source-arguments'
import { ManualClock, type Platform, startPlatform } from 'local-azure'
import { describe, expect, it, onTestFinished } from 'vitest'
import { checkHints } from '../../../llmops-middleware/test/pages/hints.ts'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
const SNAPSHOT = fileURLToPath(new URL('../../../../infra/main.snapshot.json', import.meta.url))
const APP = fileURLToPath(import.meta.resolve('test-support/test-app'))
const CTRL_C = '\u0003'

type Child = ChildProcessByStdio<Writable, Readable, Readable>
type Fault = NonNullable<Parameters<typeof startPlatform>[0]['armFault']>

describe('a swap that is interrupted', () => {
  it.each([
    ['promote', ['SIGINT']],
    ['promote', ['SIGINT', 'SIGINT']],
    ['rollback', ['SIGTERM']],
  ] as const)('by pnpm %s and %j while Azure carries it out says what goes on, with 130', async (name, signals) => {
    const waits = Promise.withResolvers<void>()
    const platform = await start(({ path }) => {
      if (!path.includes('/operationresults/')) return undefined
      waits.resolve()
      return { status: 202, headers: {} }
    })
    const command = follow(spawnMain([name, '--yes', '--json', '--local', platform.armUrl]))
    await Promise.race([waits.promise, command.ended])
    for (const signal of signals) command.child.kill(signal)
    await command.ended
    expect([command.child.exitCode, command.said.stdout]).toEqual([130, ''])
    expect(command.said.stderr.match(/Interrupted: .*(\n|$)/g)).toHaveLength(1)
    expect(await checkHints(command.said.stderr)).toEqual([
      `npx --yes pnpm@12 rollback --local ${platform.armUrl} --dry-run`,
    ])
    expect(command.said.stderr).not.toMatch(/^ +at /m)
    await expect.poll(() => platform.events.some(({ kind }) => kind === 'swap done')).toBe(true)
  })
})

// A question is asked on a terminal alone; `script` of Linux lends one.
describe.runIf(process.platform === 'linux' && spawnSync('script', ['--version']).status === 0)('a question', () => {
  it.each([
    ['promote', 'Ctrl-C', (terminal: Child) => terminal.stdin.write(CTRL_C)],
    ['promote', 'two of them', (terminal: Child) => terminal.stdin.write(CTRL_C + CTRL_C)],
    ['rollback', 'SIGTERM', (_: Child, id: number) => process.kill(id, 'SIGTERM')],
  ] as const)('of pnpm %s ends quietly on %s, with 130, and nothing is swapped', async (name, _, interrupt) => {
    const platform = await start()
    const command = [process.execPath, ...sourceArguments(), MAIN, name, '--local', platform.armUrl].join(' ')
    const args = ['-qefc', `echo "process $$"; exec ${command}`, '/dev/null']
    const terminal = follow(spawn('script', args, { env: { PATH: process.env['PATH'], SHELL: '/bin/sh' } }))
    await expect.poll(() => terminal.said.stdout).toContain('[y/N]')
    interrupt(terminal.child, Number(/process (\d+)/.exec(terminal.said.stdout)![1]))
    await terminal.ended
    expect(terminal.child.exitCode).toBe(130)
    expect(terminal.said.stdout.split('[y/N]')[1]).toMatch(/Interrupted: [^\n]*\s*$/)
    expect(platform.events.filter(({ kind }) => kind === 'swap started')).toEqual([])
  })
})

it('goes on and ends with its exit code where its reader goes away', async () => {
  const platform = await start()
  const command = follow(spawnMain(['promote', '--dry-run', '--json', '--local', platform.armUrl]))
  command.child.stdout.destroy()
  await command.ended
  expect([command.child.exitCode, command.said.stderr]).toEqual([0, expect.stringMatching(/Nothing was changed\.\n$/)])
})

async function start(armFault?: Fault): Promise<Platform> {
  const environment = { production: { RELEASE: 'v1' }, staging: { RELEASE: 'v2' } }
  const clock = new ManualClock()
  const platform = await startPlatform({
    snapshot: SNAPSHOT,
    entry: APP,
    clock,
    environment,
    ...(armFault && { armFault }),
  })
  onTestFinished(() => platform.close())
  return platform
}

function spawnMain(args: readonly string[]): Child {
  return spawn(process.execPath, [...sourceArguments(), MAIN, ...args], { cwd: tmpdir(), env: {} })
}

/** What it says until it ends. */
function follow(child: Child) {
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text) => (said[name] += text))
  return { child, said, ended: once(child, 'close') }
}
