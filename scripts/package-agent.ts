/**
 * Makes the folder that is deployed: the agent, its production dependencies without a link that leads out of it, and
 * the file RELEASE that says which build it is.
 *
 *   node scripts/package-agent.ts apps/agent/dist
 */
import { execFileSync } from 'node:child_process'
import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { npxCommand } from './npx.js'
import { pruneDependencies } from './prune-dependencies.ts'
import { releaseName } from './release-name.ts'

const root = resolve(import.meta.dirname, '..')
const [given] = process.argv.slice(2)
if (given === undefined) {
  console.error('package-agent: name the folder to make, such as apps/agent/dist.')
  process.exit(2)
}
const folder = resolve(given)

rmSync(folder, { recursive: true, force: true })
// Hoisted into a tree of files: pnpm's own layout consists of links, which a zip file does not keep.
const deploy = [
  '--filter',
  'agent',
  'deploy',
  '--legacy',
  '--prod',
  '--config.node-linker=hoisted',
  '--config.prefer-offline=true',
  folder,
]
const [npx, ...npxArgs] = npxCommand()
run(npx, [...npxArgs, '--yes', 'pnpm@12', ...deploy])
buildMiddleware(join(folder, 'node_modules/llmops-middleware'))
for (const name of ['test', 'vitest.config.ts', 'node_modules/.bin', 'node_modules/.pnpm']) remove(name)
for (const name of readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' })) {
  if (name.endsWith('.test.ts')) remove(join('src', name))
}
pruneDependencies(join(folder, 'node_modules'))
cpSync(join(root, 'slo.yaml'), join(folder, 'slo.yaml'))
const release = process.env['RELEASE'] || describeRelease()
writeFileSync(join(folder, 'RELEASE'), `${release}\n`)
console.log(`package-agent: release ${release} is in ${folder}.`)

/** Inside the workspace the package is TypeScript; in node_modules Node takes JavaScript only, as npm would get it. */
function buildMiddleware(target: string): void {
  const source = join(root, 'packages/llmops-middleware')
  // Not the command in .bin, which is a shell script on Windows.
  const rolldown = join(source, 'node_modules/rolldown/bin/cli.mjs')
  run(process.execPath, [rolldown, '--config', join(source, 'rolldown.config.js'), '--dir', join(target, 'dist')])
  keepOnlyThePage(target)
}

/** Of its sources only the page of the dashboard runs: it is served as it is written. */
function keepOnlyThePage(target: string): void {
  const page = 'src/dashboard/page'
  rmSync(join(target, 'src'), { recursive: true })
  cpSync(join(root, 'packages/llmops-middleware', page), join(target, page), { recursive: true })
}

function describeRelease(): string {
  const middleware = ['dist', 'src'].map((name) => `node_modules/llmops-middleware/${name}`)
  const own = ['src', 'data', 'package.json', 'slo.yaml', ...middleware].map((name) => join(folder, name))
  const { name, source } = releaseName(root, [...own, join(root, 'pnpm-lock.yaml')])
  console.log(`package-agent: the release is named by ${source}; set RELEASE to name it yourself.`)
  return name
}

function remove(name: string): void {
  rmSync(join(folder, name), { recursive: true, force: true })
}

function run(command: string, args: readonly string[]): string {
  return execFileSync(command, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
}
