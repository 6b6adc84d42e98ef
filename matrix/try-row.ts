import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { npmCommand } from '../scripts/pack-package.ts'
import type { Command, Row } from './row.ts'

/** What every row imports in addition to the tarball. */
const PROBED = ['openai@7', '@opentelemetry/api@1']
const [npm, ...npmArgs] = npmCommand
const NPM_INSTALL: Command = [npm, ...npmArgs, 'install', '--no-audit', '--no-fund', '--prefer-offline']
/** A minute is enough on an idle machine; a busy one takes longer. */
const COMMAND_MS = 600_000

/**
 * Installs and runs a row in an empty folder under `work`, and returns the version that it shows.
 *
 * @throws Error with the command and what it printed.
 */
export async function tryRow(row: Row, { tarball, work }: { readonly tarball: string; readonly work: string }) {
  const folder = await mkdtemp(join(work, 'row-'))
  await write(folder, { 'package.json': JSON.stringify({ name: 'app', private: true, ...row.manifest }), ...row.files })
  const packages = [...PROBED, ...(row.packages ?? [])]
  const install = row.install?.({ tarball, packages }) ?? [[...NPM_INSTALL, tarball, ...packages] as Command]
  for (const command of install) await run(folder, command, row.env)
  const last = row.run.at(-1)
  for (const command of row.run) {
    if (row.refuses && command === last) await expectRefusal(folder, command, row)
    else await run(folder, command, row.env)
  }
  return versionOf(folder, row)
}

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
}

async function run(folder: string, [program, ...args]: Command, env: Row['env']): Promise<string> {
  // Without the environment of this project's tests, because NODE_PATH would find the project's own packages.
  const { NODE_OPTIONS: _, NODE_PATH: _p, NODE_ENV: _n, VITEST: _v, ...inherited } = process.env
  const PATH = `${join(folder, 'node_modules/.bin')}:${dirname(process.execPath)}:${inherited['PATH']}`
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, {
      cwd: folder,
      env: { ...inherited, PATH, ...env },
      timeout: COMMAND_MS,
      maxBuffer: 64 * 1024 * 1024,
    })
    return stdout + stderr
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as { stdout?: string; stderr?: string; message: string }
    throw new CommandFailed(`${[program, ...args].join(' ')} in ${folder}:\n${stdout}${stderr || message}`)
  }
}

class CommandFailed extends Error {}

async function expectRefusal(folder: string, command: Command, { name, refuses, env }: Row): Promise<void> {
  const said = await run(folder, command, env).catch((error: unknown) => error)
  if (!(said instanceof CommandFailed)) throw new Error(`${name} works now: remove \`refuses\` from its row.`)
  if (!refuses!.test(said.message))
    throw new Error(`${name} fails with another message than its row expects. ${said.message}`)
}

async function versionOf(folder: string, row: Row): Promise<string> {
  const name = row.shows ?? row.packages?.[0]?.replace(/(?<=.)@.*/, '')
  if (name === undefined) return process.versions.node
  const manifest = await readFile(join(folder, 'node_modules', name, 'package.json'), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
