// What somebody has who downloads an archive, or starts from the template: no git, nothing installed, any path.
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { npxCommand } from '../../scripts/npx.js'

const root = join(import.meta.dirname, '../..')
const NOT_IN_ARCHIVE = ['node_modules', '.git', 'dist', '.data', '.azure', 'coverage']

it('packages the agent from an archive on a path with a blank', { timeout: 600_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'archive '))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  copyFolder(root, folder)
  const { RELEASE: _, ...env } = process.env
  const run = spawnSync(process.execPath, ['infra/hooks/start.js', 'prepackage'], {
    cwd: folder,
    env,
    encoding: 'utf8',
  })
  expect(run.status, run.stdout + run.stderr).toBe(0)
  const made = join(folder, 'apps/agent/dist')
  expect(readFileSync(join(made, 'RELEASE'), 'utf8')).toMatch(/^files-[0-9a-f]{12}\n$/)
  for (const name of [
    'src/main.ts',
    'slo.yaml',
    'node_modules/llmops-middleware/dist/index.js',
    'node_modules/express',
  ]) {
    expect(existsSync(join(made, name)), name).toBe(true)
  }
})

it('an unknown hook gets the list of the hooks', () => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'infra/hooks/start.js'), 'prefly'], {
    encoding: 'utf8',
  })
  expect(stderr).toBe('start: the hook is prefly; there are prepackage, preprovision, postprovision, postdeploy.\n')
  expect(status).toBe(2)
})

it('npx is started on Windows without a shell, by the script beside Node or on the PATH', () => {
  const folder = mkdtempSync(join(tmpdir(), 'npm '))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const script = join(folder, 'node_modules/npm/bin/npx-cli.js')
  mkdirSync(join(script, '..'), { recursive: true })
  writeFileSync(script, '')
  const beside = join(folder, 'node.exe')
  const elsewhere = join(folder, 'other/bin/node.exe')
  expect(npxCommand({ platform: 'win32', execPath: beside, path: '' })).toEqual([beside, script])
  const found = npxCommand({ platform: 'win32', execPath: elsewhere, path: `C:\\Windows;${folder}` })
  expect(found).toEqual([elsewhere, script])
  expect(() => npxCommand({ platform: 'win32', execPath: elsewhere, path: 'C:\\Windows' })).toThrow('install Node from')
  expect(npxCommand({ platform: 'linux' })).toEqual(['npx'])
})

/** Tests that run beside this one write examples into the folders of packages, and remove them while this one copies. */
function copyFolder(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  for (const entry of ifThere(() => readdirSync(from, { withFileTypes: true })) ?? []) {
    if (NOT_IN_ARCHIVE.includes(entry.name)) continue
    const [source, copy] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) copyFolder(source, copy)
    else ifThere(() => copyFileSync(source, copy))
  }
}

function ifThere<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
