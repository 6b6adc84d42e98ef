import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

async function run(...args: string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { PATH: process.env['PATH'] } })
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { stdout, stderr, code: child.exitCode }
}

describe('the command llmops', () => {
  it('says its version', async () => {
    expect(await run('--version')).toEqual({ stdout: `${version}\n`, stderr: '', code: 0 })
  })

  it('refuses a word that it does not know', async () => {
    expect(await run('dance')).toMatchObject({ stdout: '', stderr: expect.stringMatching(/'dance'/), code: 2 })
  })
})
