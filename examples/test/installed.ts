import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, realpath, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'

const EXAMPLES = join(import.meta.dirname, '..')
const PACKAGE = join(EXAMPLES, '../packages/llmops-middleware')
const OWN_DEPENDENCIES = ['@pydantic/genai-prices', '@standard-schema/spec', 'ajv', 'ajv-formats']

/**
 * The examples in a folder as a user has it, outside the repository: the package as it is published, built from today's
 * sources, and its dependencies where npm would put them.
 */
export async function installExamples(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'llmops-examples-'))
  const modules = join(folder, 'node_modules')
  const own = join(modules, 'llmops-middleware')
  await mkdir(own, { recursive: true })
  const build = join(PACKAGE, 'node_modules/.bin/rolldown')
  await promisify(execFile)(build, ['-c', '-d', join(own, 'dist')], { cwd: PACKAGE })
  for (const file of ['package.json', 'commonjs/package.json', 'commonjs/on-demand.js']) {
    await cp(join(PACKAGE, file), join(own, file))
  }
  for (const name of await namesIn(join(EXAMPLES, 'node_modules'))) {
    if (name !== 'llmops-middleware') await link(join(EXAMPLES, 'node_modules', name), join(modules, name))
  }
  for (const name of OWN_DEPENDENCIES) await link(join(PACKAGE, 'node_modules', name), join(modules, name))
  await cp(join(EXAMPLES, 'package.json'), join(folder, 'package.json'))
  for (const file of await exampleFiles()) await cp(join(EXAMPLES, file), join(folder, file))
  return folder
}

export const removeExamples = (folder: string) => rm(folder, { recursive: true })

export async function exampleFiles(): Promise<string[]> {
  return (await readdir(EXAMPLES)).filter((file) => file.endsWith('.ts') && file !== 'vitest.config.ts')
}

async function namesIn(folder: string): Promise<string[]> {
  const names: string[] = []
  for (const name of await readdir(folder)) {
    if (name.startsWith('.')) continue
    if (!name.startsWith('@')) names.push(name)
    else names.push(...(await readdir(join(folder, name))).map((part) => `${name}/${part}`))
  }
  return names
}

async function link(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  await symlink(await realpath(from), to)
}

export type Running = {
  /** Resolves when a line of its output begins so, with all that was said. */
  said(start: string): Promise<string>
  /** Resolves with all that it said when it has ended well; asks it to end first, as a platform does. */
  ended(signal?: NodeJS.Signals): Promise<string>
}

/** An example as its first line says, with the environment alone to set it. */
export function start(folder: string, file: string, env: NodeJS.ProcessEnv): Running {
  const { NODE_OPTIONS: _, ...inherited } = process.env
  const child = spawn(process.execPath, [file], { cwd: folder, env: { ...inherited, ...env } })
  const exited = once(child, 'close')
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  const heard = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      for (const hear of heard) hear()
    })
  }
  return {
    async said(start) {
      const isSaid = () => output.split('\n').some((line) => line.startsWith(start))
      const saying = new Promise<void>((resolve) => heard.add(() => isSaid() && resolve()))
      const lost = exited.then(() => Promise.reject(new Error(`${file} ended:\n${output}`)))
      lost.catch(() => {})
      if (!isSaid()) await Promise.race([saying, lost])
      return output
    },
    async ended(signal) {
      if (signal) child.kill(signal)
      const [code] = await exited
      if (code !== 0) throw new Error(`${file} ended with ${code}:\n${output}`)
      return output
    },
  }
}
