/**
 * Checks the npm package as a user gets it: packs it with npm, reads the tarball with publint and attw, installs it with
 * npm into an empty folder with none of its optional peers, and uses it there from JavaScript and TypeScript, as an ES
 * module and as CommonJS. npm takes what it has in its cache first.
 */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { npxCommand } from './npx.js'
import { npmCommand, packageDir, packPackage } from './pack-package.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const [npm, ...npmArgs] = npmCommand
const NO_QUESTIONS = ['--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline']
/** These need their peers to load: routers of Express, the server of the MCP SDK, connections of undici. */
const NEEDS_PEER = ['./dashboard', './express', './mcp', './transport']
/** These load without their peer, of which they use only types. */
const TYPED_BY_PEER = ['./azure-monitor', './budget/redis', './fastify', './route/redis']

type Manifest = {
  readonly exports: Readonly<Record<string, unknown>>
  readonly dependencies: Readonly<Record<string, string>>
}

const IMPORTED = '{ createLlmOps }'
const FROM = "'llmops-middleware'"
const CALL = `
async function call() {
  const answer = { model: 'gpt-4o', choices: [], usage: { prompt_tokens: 10, completion_tokens: 1, total_tokens: 11 } }
  const ops = createLlmOps({
    defaultTenant: 'contoso',
    budget: { limitUsd: 1 },
    fetch: async () => Response.json(answer),
  })
  const response = await ops.fetch('https://api.openai.com/v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }] }),
  })
  await response.text()
  const { spentUsd } = await ops.budget.read('contoso')
  await ops.close()
  if (spentUsd !== 0.000035) throw new Error('spent ' + spentUsd + ' after ' + response.status)
}
void call()
`

const work = await mkdtemp(join(tmpdir(), 'llmops-package-'))
try {
  const tarball = await step('build and pack', () => packPackage(work))
  await step('publint', () => runBin('publint', ['run', tarball, '--strict']))
  await step('attw', () =>
    runBin('@arethetypeswrong/cli', [
      tarball,
      '--profile',
      'esm-only',
      '--format',
      'ascii',
      '--ignore-rules',
      'false-cjs',
    ]),
  )
  const app = await install(tarball)
  const { exports, dependencies } = JSON.parse(
    await readFile(join(app, 'node_modules/llmops-middleware/package.json'), 'utf8'),
  ) as Manifest
  await step('every dependency has a version range that npm knows', async () => {
    const odd = Object.entries(dependencies).filter(([, range]) => !/^[\^~]?\d/.test(range))
    if (odd.length > 0) throw new Error(`npm cannot install ${JSON.stringify(Object.fromEntries(odd))}.`)
  })
  const entries = Object.keys(exports).filter(
    (entry) => !entry.endsWith('.json') && ![...NEEDS_PEER, './register'].includes(entry),
  )
  await step('every entry point, as an ES module, without optional peers', () => importEach(app, entries.map(nameOf)))
  await step('every entry point, as CommonJS', () =>
    use(app, 'all.cjs', entries.map((entry) => `require('${nameOf(entry)}')`).join('\n')),
  )
  await step('one governed call, as an ES module', () =>
    use(app, 'call.mjs', `import ${IMPORTED} from ${FROM}\n${CALL}`),
  )
  await step('one governed call, as CommonJS', () =>
    use(app, 'call.cjs', `const ${IMPORTED} = require(${FROM})\n${CALL}`),
  )
  await step('the quick start of both READMEs, in an empty folder, without a key', () => quickStart(tarball))
  await step('the command runs', () => runCommand(app))
  await step('a program is governed from outside', () => runGoverned(app))
  const typed = entries.filter((entry) => !TYPED_BY_PEER.includes(entry)).map(nameOf)
  for (const type of ['module', 'commonjs']) {
    for (const module of ['node16', 'nodenext']) {
      await step(`TypeScript with module ${module} in a package of type ${type}`, () =>
        typeCheck(app, type, module, typed),
      )
    }
  }
} finally {
  await rm(work, { recursive: true })
}

async function install(tarball: string): Promise<string> {
  const app = join(work, 'app')
  await mkdir(app)
  await writeFile(join(app, 'package.json'), JSON.stringify({ name: 'app', private: true }))
  const args = [...npmArgs, 'install', ...NO_QUESTIONS, '--omit=optional', tarball, '@opentelemetry/api@1']
  await step('npm installs the tarball', () => run(npm, args, { cwd: app }))
  return app
}

function nameOf(entry: string): string {
  return `llmops-middleware${entry.slice(1)}`
}

/** Each in a process of its own, because one entry point could load what another forgets to import. */
async function importEach(app: string, names: readonly string[]): Promise<void> {
  for (const [index, name] of names.entries()) await use(app, `${index}.mjs`, `await import('${name}')`)
}

async function use(app: string, file: string, text: string): Promise<void> {
  await writeFile(join(app, file), text)
  await run(process.execPath, ['--disable-warning=ExperimentalWarning', file], { cwd: app })
}

/**
 * Runs the commands of the package's README as a reader pastes them, with this tarball in place of the released one. The
 * README of the repository refers to these commands.
 */
async function quickStart(tarball: string): Promise<void> {
  const readme = await readFile(join(packageDir, 'README.md'), 'utf8')
  const [install, start] = fenced('sh', readme).map((commands) => commands.replace(/https:\S+\.tgz/, tarball))
  if (!install?.includes(tarball) || !start?.startsWith('node '))
    throw new Error('The README of the package must begin with `npm install` and `node`.')
  const { OPENAI_API_KEY: _, ...env } = process.env
  const PATH = `${join(process.execPath, '..')}:${env['PATH']}`
  const quiet = { npm_config_audit: 'false', npm_config_fund: 'false', npm_config_prefer_offline: 'true' }
  const cwd = await mkdtemp(join(work, 'reader-'))
  const startedAt = performance.now()
  const shell = async (at: string, commands: string) =>
    (await run('sh', ['-ec', commands], { cwd: at, env: { ...env, ...quiet, PATH } })).stdout
  await shell(cwd, install)
  for (const page of [readme, await readFile(join(root, 'README.md'), 'utf8')]) {
    await writeFile(join(cwd, 'hello/hello.mjs'), fenced('ts', page)[0]!)
    const printed = await shell(join(cwd, 'hello'), start)
    if (!/spentUsd: 0\.0+\d/.test(printed)) throw new Error(`It prints ${printed}`)
    console.log(
      `  ${linesToFirstCall(page)} lines to the first governed call, ${secondsSince(startedAt)} s from the empty folder`,
    )
  }
}

/** Lines of code, including the call. */
function linesToFirstCall(page: string): number {
  const lines = fenced('ts', page)[0]!
    .split('\n')
    .filter((line) => line.trim() !== '')
  const count = lines.findIndex((line) => line.includes('.create(')) + 1
  if (count === 0 || count > 12)
    throw new Error(`The first governed call takes ${count} lines; the documentation promises 12 at most.`)
  return count
}

function secondsSince(startedAt: number): string {
  return ((performance.now() - startedAt) / 1000).toFixed(1)
}

function fenced(language: string, page: string): readonly string[] {
  return [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text]) => text!)
}

/** Runs the command by the name that npm gives it, with the packages that npm installed. */
async function runCommand(app: string): Promise<void> {
  const [npx, ...args] = npxCommand()
  const { stdout } = await run(npx, [...args, '--no', 'llmops', 'doctor', '--json'], { cwd: app })
  const { verdict } = JSON.parse(stdout) as { verdict: string }
  if (verdict !== 'healthy') throw new Error(`llmops doctor says ${stdout}`)
}

/** Compiles as a user does who also checks the types of packages. */
async function typeCheck(app: string, type: string, module: string, names: readonly string[]): Promise<void> {
  const folder = join(app, `${type}-${module}`)
  await mkdir(folder)
  const compilerOptions = { module, target: 'es2023', lib: ['es2024', 'esnext.disposable'], strict: true, noEmit: true }
  const types = ['node']
  const typeRoots = [join(root, 'node_modules/@types')]
  const tsconfig = { compilerOptions: { ...compilerOptions, types, typeRoots, skipLibCheck: false }, include: ['*.ts'] }
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type }))
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))
  await writeFile(join(folder, 'call.ts'), `import ${IMPORTED} from ${FROM}\n${CALL}`)
  await writeFile(join(folder, 'all.ts'), names.map((name, index) => `export * as e${index} from '${name}'\n`).join(''))
  await runBin('typescript', ['-p', folder], 'tsc')
}

/** Not the command in .bin, which is a shell script on Windows. */
async function runBin(name: string, args: readonly string[], command?: string): Promise<void> {
  const folder = join(root, 'node_modules', name)
  const { bin } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    bin: Record<string, string> | string
  }
  const file = typeof bin === 'string' ? bin : command === undefined ? Object.values(bin)[0]! : bin[command]!
  await run(process.execPath, [join(folder, file), ...args])
}

/** Loads the package as ESM and as CommonJS, by the name that a user writes. */
async function runGoverned(app: string): Promise<void> {
  for (const type of ['module', 'commonjs']) {
    const program = [
      `--input-type=${type}`,
      '--eval',
      "fetch('https://api.cohere.com/v2/chat', { method: 'POST' }).then(({ status }) => console.log(status))",
    ]
    const { stdout } = await run(process.execPath, ['--import', 'llmops-middleware/register', ...program], { cwd: app })
    if (stdout !== '400\n') throw new Error(`A ${type} program was not governed: ${stdout}`)
  }
}

async function step<T>(name: string, act: () => Promise<T>): Promise<T> {
  try {
    const result = await act()
    console.log(`✓ ${name}`)
    return result
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as { stdout?: string; stderr?: string; message: string }
    console.error(`✗ ${name}\n${stdout}${stderr || message}`)
    throw new Error(`package check failed at: ${name}`, { cause: error })
  }
}
