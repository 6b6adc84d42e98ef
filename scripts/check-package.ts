/**
 * Checks the npm package as a user gets it: builds and packs it, reads the tarball with publint and attw, then installs
 * it with npm into an empty folder and imports every entry point with none of the optional peers present, and runs
 * its command.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const packageDir = fileURLToPath(new URL('../packages/llmops-middleware', import.meta.url))
const bin = fileURLToPath(new URL('../node_modules/.bin', import.meta.url))

const work = await mkdtemp(join(tmpdir(), 'llmops-package-'))
try {
  const tarball = await pack()
  await step('publint', () => run(join(bin, 'publint'), ['run', tarball, '--strict'], { cwd: packageDir }))
  await step('attw', () => run(join(bin, 'attw'), [tarball, '--profile', 'esm-only', '--format', 'ascii']))
  const app = await install(tarball)
  await step('every entry point imports without its optional peers', () => importAll(app))
  await step('the command runs', () => runCommand(app))
} finally {
  await rm(work, { recursive: true })
}

async function pack(): Promise<string> {
  await rm(join(packageDir, 'dist'), { recursive: true, force: true })
  await step('build and pack', () =>
    run('npx', ['--yes', 'pnpm@12', 'pack', '--pack-destination', work], { cwd: packageDir }),
  )
  const name = (await readdir(work)).find((file) => file.endsWith('.tgz'))
  if (!name) throw new Error('pnpm pack made no tarball')
  return join(work, name)
}

async function install(tarball: string): Promise<string> {
  const app = await mkdtemp(join(work, 'app-'))
  await writeFile(join(app, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }))
  await run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--omit=optional', tarball], { cwd: app })
  return app
}

async function importAll(app: string): Promise<void> {
  const manifest = JSON.parse(await readFile(join(app, 'node_modules/llmops-middleware/package.json'), 'utf8'))
  const entries = Object.keys(manifest.exports).filter((entry) => entry !== './package.json')
  // These are made of their peers: routers of Express, the MCP SDK's server, connections of undici.
  const needsPeer = ['./express', './mcp', './transport']
  const imports = entries.filter((entry) => !needsPeer.includes(entry)).map((entry) => join('llmops-middleware', entry))
  for (const entry of imports) {
    await run(process.execPath, ['--input-type=module', '--eval', `await import(${JSON.stringify(entry)})`], {
      cwd: app,
    })
  }
}

/** By the name that npm gives it, with what npm installed. */
async function runCommand(app: string): Promise<void> {
  const { stdout } = await run(join(app, 'node_modules/.bin/llmops'), ['doctor', '--json'], { cwd: app })
  const { verdict } = JSON.parse(stdout) as { verdict: string }
  if (verdict !== 'healthy') throw new Error(`llmops doctor says ${stdout}`)
}

async function step(name: string, act: () => Promise<unknown>): Promise<void> {
  try {
    await act()
    console.log(`✓ ${name}`)
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as { stdout?: string; stderr?: string; message: string }
    console.error(`✗ ${name}\n${stdout}${stderr || message}`)
    throw new Error(`package check failed at: ${name}`, { cause: error })
  }
}
