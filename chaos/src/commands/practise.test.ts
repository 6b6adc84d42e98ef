import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { sourceArguments } from 'command-line/source-arguments'
import { type Platform, startPlatform } from 'local-azure'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkHints } from '../../../packages/llmops-middleware/test/pages/hints.ts'
import { PRACTICE_FAULTS } from '../practice/faults.ts'
import { practise } from '../practice/practise.ts'
import { writeShellFile } from '../practice/shell-file.ts'

const path = (name: string) => fileURLToPath(new URL(`../../../${name}`, import.meta.url))
const DOCTOR = [...sourceArguments(), path('packages/llmops-middleware/src/cli/main.ts'), 'doctor', '--json']

type Report = { readonly verdict: string; readonly broken: readonly string[] }

/** As it is printed for another shell, whose own variables give way to those of the file. */
async function doctorIn(file: string, ...args: readonly string[]): Promise<Report & { code: number }> {
  const env = { PATH: process.env['PATH'], PORT: '1' }
  const all = [...DOCTOR, '--app', path('apps/agent'), '--env-file', file, ...args]
  const ran = await promisify(execFile)(process.execPath, all, { env }).catch((error) => error)
  if (!ran.stdout) throw new Error(ran.stderr)
  return { ...JSON.parse(ran.stdout), code: ran.code ?? 0 }
}

describe('the faults to practise on', () => {
  const folder = mkdtempSync(join(tmpdir(), 'practise-'))
  const file = join(folder, 'practice.env')
  let platform: Platform
  beforeAll(async () => {
    platform = await startPlatform({
      snapshot: path('infra/main.snapshot.json'),
      entry: path('apps/agent/src/main.ts'),
      instances: 1,
      exportTelemetry: false,
    })
  })
  afterAll(async () => {
    await platform?.close()
    rmSync(folder, { recursive: true })
  })

  async function healthy() {
    await writeShellFile({ path: file, changed: {}, environment: platform.environment('production'), title: 'well' })
    return await doctorIn(file)
  }

  /** Without what takes longest, where it is not the one to be found; there it has the time that a busy machine needs. */
  const quickly = (layer: string) =>
    layer === 'packages' ? ['--timeout-ms', '120000'] : ['--skip', 'packages', '--timeout-ms', '8000']

  it('leave the doctor nothing to find before they begin', async () => {
    expect(await healthy()).toMatchObject({ verdict: 'healthy', code: 0 })
  })

  it.each([
    ['bad-creds', 'identity'],
    ['wrong-endpoint', 'model'],
    ['dns-fail', 'dns'],
    ['port-mismatch', 'port'],
    ['dep-import-error', 'packages'],
    ['latency-spike', 'model'],
  ])('%s is found by the doctor in the layer %s, by what the file says', async (name, layer) => {
    const end = new AbortController()
    const begun = Promise.withResolvers<void>()
    const fault = PRACTICE_FAULTS[name]!
    const options = { name, fault, platform, file, forMs: 600_000, signal: end.signal, onBegun: begun.resolve }
    const practised = practise(options)
    await Promise.race([begun.promise, practised])
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const report = await doctorIn(file, ...quickly(layer))
    end.abort()
    await practised
    expect(report).toMatchObject({ verdict: 'platform', code: 1 })
    expect(report.broken.filter((broken) => broken !== 'app')).toEqual([layer])
    expect(existsSync(file)).toBe(false)
  })

  it('leave the agent as it was', async () => {
    expect(await healthy()).toMatchObject({ verdict: 'healthy', code: 0 })
  })
})

it('reads alike to Node and to a shell that sources it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'practise-'))
  const file = join(folder, 'practice.env')
  const environment = { ONE: 'a b', TWO: 'C:\\d $e "f"', THREE: "g's", FOUR: '', FIVE: '# h' }
  await writeShellFile({ path: file, changed: { ONE: 'a b' }, environment, title: "it's all" })
  const program = `console.log(JSON.stringify(Object.keys(${JSON.stringify(environment)}).map((name) => process.env[name])))`
  const options = { env: { PATH: process.env['PATH'] } }
  const node = [process.execPath, ['--env-file', file, '--eval', program]] as const
  const shell = ['sh', ['-c', '. "$0"; exec "$@"', file, process.execPath, '--eval', program]] as const
  for (const [command, args] of [node, shell]) {
    const { stdout } = await promisify(execFile)(command, args, options)
    expect(JSON.parse(stdout)).toEqual(Object.values(environment))
  }
  const both = { path: file, changed: {}, environment: { BOTH: `'"` }, title: 'none' }
  await expect(writeShellFile(both)).rejects.toThrow('BOTH')
  rmSync(folder, { recursive: true })
})

it('has a row in the documentation for each fault, and for no other', () => {
  const [, section = ''] = readFileSync(path('docs/doctor.md'), 'utf8').split('\n## Faults to practise on\n')
  const rows = [...section.split('\n## ')[0]!.matchAll(/^\| `([\w-]+)`/gm)].map(([, name]) => name)
  expect(rows).toEqual(Object.keys(PRACTICE_FAULTS))
})

it('ends by Ctrl-C, restores the agent and leaves no process behind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'practise-'))
  const file = join(folder, 'practice.env')
  const args = [...sourceArguments(), path('chaos/src/main.ts'), 'practise', 'wrong-endpoint', '--file', file]
  const child = spawn(process.execPath, args, { env: { PATH: process.env['PATH'] } })
  const exited = once(child, 'exit')
  let said = ''
  child.stderr.on('data', (text) => (said += text))
  await Promise.race([once(createInterface({ input: child.stdout }), 'line'), exited])
  const written = readFileSync(file, 'utf8')
  expect(written).toMatch(/^# wrong-endpoint: .*\n# Changed:\nexport LOCAL_MODEL_URL='http:/)
  const port = /^export PORT='(\d+)'/m.exec(written)![1]
  child.kill('SIGINT')
  await exited
  expect({ code: child.exitCode, isThere: existsSync(file) }).toEqual({ code: 0, isThere: false })
  expect(said).toContain('Restored.')
  expect(await checkHints(said)).toEqual([expect.stringContaining(`--env-file ${relative('.', file)}`)])
  await expect(fetch(`http://127.0.0.1:${port}/livez`)).rejects.toThrow()
  rmSync(folder, { recursive: true })
})

it('ends by itself when its time is over, and removes the file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'practise-'))
  const file = join(folder, 'practice.env')
  const args = [
    ...sourceArguments(),
    path('chaos/src/main.ts'),
    'practise',
    'dns-fail',
    '--for',
    '100ms',
    '--file',
    file,
  ]
  const child = spawn(process.execPath, args, { env: { PATH: process.env['PATH'] } })
  const exited = once(child, 'exit')
  const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), exited])
  expect(line).toBe(file)
  await exited
  expect({ code: child.exitCode, isThere: existsSync(file) }).toEqual({ code: 0, isThere: false })
  rmSync(folder, { recursive: true })
})
