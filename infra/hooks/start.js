// What azd starts, the same on Linux, macOS and Windows: `node infra/hooks/start.js HOOK`. Plain JavaScript for any Node
// from 18 on, since nothing is installed yet when a template or an archive is deployed for the first time; the hooks
// themselves are TypeScript and run on the Node of the workspace.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { npxCommand } from '../../scripts/npx.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const hooks = {
  prepackage: ['scripts/package-agent.ts', 'apps/agent/dist'],
  preprovision: ['infra/hooks/preprovision.ts'],
  postprovision: ['infra/hooks/postprovision.ts'],
  postdeploy: ['infra/hooks/postdeploy.ts'],
}
const hook = hooks[process.argv[2]]
if (hook === undefined) fail(`the hook is ${process.argv[2]}; there are ${Object.keys(hooks).join(', ')}.`)

const node = join(root, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node')
// A package is built from the locked dependencies. The other hooks need only Node.
if (process.argv[2] === 'prepackage' || !existsSync(node)) install()
const { status } = spawnSync(node, ['--conditions=llmops-source', ...hook], { cwd: root, stdio: 'inherit' })
process.exitCode = status ?? 1

function install() {
  const [npx, ...args] = npxCommand()
  const pnpm = ['--yes', 'pnpm@12', 'install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only']
  // CI keeps pnpm from asking before it replaces files, which would wait forever without a terminal.
  const env = { ...process.env, CI: 'true' }
  const { status, stdout, stderr, error } = spawnSync(npx, [...args, ...pnpm], { cwd: root, encoding: 'utf8', env })
  if (status === 0 && existsSync(node)) return
  console.error(`${stdout ?? ''}${stderr ?? ''}`.trim().split('\n').slice(-15).join('\n'))
  fail(
    `the dependencies could not be installed (${error?.message ?? `exit code ${status}`}): npx --yes pnpm@12 install`,
  )
}

function fail(message) {
  console.error(`start: ${message}`)
  process.exit(2)
}
