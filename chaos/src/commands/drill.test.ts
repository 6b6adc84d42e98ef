import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { sourceArguments } from 'command-line/source-arguments'
import { describe, expect, it } from 'vitest'
import { checkHints } from '../../../packages/llmops-middleware/test/pages/hints.ts'
import type { Verdict } from '../drill/verdict.ts'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))

async function run(...args: string[]) {
  const child = spawn(process.execPath, [...sourceArguments(), MAIN, 'drill', ...args], {
    env: { PATH: process.env['PATH'] },
  })
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { stdout, stderr, code: child.exitCode }
}

describe('chaos drill', () => {
  it('hurts the real agent on the deployed infrastructure, sees it heal, and says so in JSON alone', async () => {
    const { stdout, stderr, code } = await run('--json', '--rps', '6')
    const verdict = JSON.parse(stdout) as Verdict
    expect(verdict.hypotheses.filter(({ held }) => !held)).toEqual([])
    expect({ held: verdict.held, code }).toEqual({ held: true, code: 0 })
    expect(verdict.instances.after).not.toBe(verdict.instances.before)
    expect(stderr).toMatch(/Alert: .* fired/)
    expect(await checkHints(stderr)).toHaveLength(2)
  })

  it('ends quietly with 130 on Ctrl-C, and ends what it started', async () => {
    const child = spawn(process.execPath, [...sourceArguments(), MAIN, 'drill'], { env: { PATH: process.env['PATH'] } })
    const exited = once(child, 'exit')
    let said = ''
    child.stderr.on('data', (text) => (said += text))
    await expect.poll(() => said).toContain('The page is at ')
    const [, url = ''] = /The page is at (\S+)/.exec(said)!
    for (const signal of ['SIGINT', 'SIGINT'] as const) child.kill(signal)
    await exited
    expect([child.exitCode, said.match(/Interrupted.*\n(.*)$/s)?.[1]]).toEqual([130, ''])
    await expect(fetch(url)).rejects.toThrow()
  })

  it.each([
    [['--scenario', 'flood'], /--scenario.*flood.*outage/s],
    [['--speed', '0'], /--speed.*0.*from 1 to 600/s],
    [['--seed', 'x'], /--seed.*x.*whole number/s],
  ])('refuses %j, naming the option, the value and what is accepted', async (args, message) => {
    const { stderr, code } = await run(...args)
    expect(code).toBe(2)
    expect(stderr).toMatch(message)
  })
})
