import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Script } from 'node:vm'
import { readArguments } from '../../../../apps/agent/src/settings/arguments.ts'
import { askCommand } from '../../../../chaos/src/commands/ask.ts'
import { drillCommand } from '../../../../chaos/src/commands/drill.ts'
import { injectCommand } from '../../../../chaos/src/commands/inject.ts'
import { practiseCommand } from '../../../../chaos/src/commands/practise.ts'
import { spreadCommand } from '../../../../chaos/src/commands/spread.ts'
import { promoteCommand } from '../../../promotion/src/commands/promote.ts'
import { rollbackCommand } from '../../../promotion/src/commands/rollback.ts'
import { COMMANDS } from '../../src/cli/commands/index.ts'
import { parseCommand } from '../../src/cli/parse-command.ts'
import { ROOT } from './blocks.ts'
import { readShell, type ShellCommand } from './shell.ts'

/** Throws where a command would be refused for how it is typed. */
type Check = (args: readonly string[]) => void | Promise<void>

const scripts = manifestOf('.').scripts
const CHAOS = {
  ask: askCommand,
  drill: drillCommand,
  inject: injectCommand,
  practise: practiseCommand,
  spread: spreadCommand,
}

/** The scripts that take arguments, and what reads those. */
const SCRIPTS: Readonly<Record<string, Check>> = {
  ask: byCommander(askCommand),
  drill: byCommander(drillCommand),
  promote: byCommander(promoteCommand),
  rollback: byCommander(rollbackCommand),
  chaos: ([name, ...args]) => {
    if (name !== undefined) byCommander(known(CHAOS, name, 'a command of chaos'))(args)
  },
  llmops,
  bench: (args) => {
    if (!['--help', '--version'].includes(args.join(' '))) files(args.map((name) => `bench/${name}.bench.ts`))
  },
  infra: options('--check', '--version', '--help'),
  start: (args) => void readArguments(args),
  test: vitest,
  'test:fast': vitest,
  'test:soak': vitest,
  'test:matrix': vitest,
  'test:mutants': () => {},
}

const PROGRAMS: Readonly<Record<string, Check>> = {
  // Of every POSIX shell or of PowerShell, or everywhere that it is.
  ...Object.fromEntries(
    ['.', 'cd', 'eval', 'mkdir', 'printf', 'sha256sum', 'Out-String', 'Invoke-Expression'].map((name) => [
      name,
      () => {},
    ]),
  ),
  curl,
  llmops,
  node,
  npm,
  npx: async ([first = '', ...rest]) => {
    if (first === '--yes') return await PROGRAMS['npx']!(rest)
    if (first === `pnpm@${pnpmMajor()}`) return await pnpm(rest)
    await known(
      {
        llmops,
        vitest: ([run, ...args]: readonly string[]) => {
          if (run !== 'run') throw new Error('vitest is printed with run, or it waits for changes.')
          vitest(args)
        },
      },
      first,
      'a program that npx runs here',
    )(rest)
  },
  pnpm,
}

const byCommanderAll = () =>
  [...Object.values(CHAOS), promoteCommand, rollbackCommand].map((make) => make(new AbortController().signal))

/** What `--help` of each prints. */
export function helpsByCommander(): readonly string[] {
  return byCommanderAll().map((command) => {
    const pieces: string[] = []
    command.configureOutput({ writeOut: (piece) => void pieces.push(piece) }).outputHelp()
    return pieces.join('')
  })
}

/** Every option of every command here, as it is typed. */
export async function ownOptions(): Promise<ReadonlySet<string>> {
  const commands = byCommanderAll()
  const words = await Promise.all(COMMANDS.map(async ({ load }) => Object.keys((await load()).options ?? {})))
  return new Set([
    ...commands.flatMap(({ options }) => options.flatMap(({ long }) => long ?? [])),
    ...words.flat().map((name) => `--${name}`),
    // Of `start`.
    '--set',
    '--settings',
    '--help',
    '--version',
  ])
}

/** Whether a text in a sentence is a command, as against a name. */
export function isCommand(text: string): boolean {
  // Prose may have one quotation mark: an apostrophe.
  const isShell = /^[\w. -]+=?/.test(text) && !/\w'\w/.test(text)
  const [{ words } = { words: [] }] = isShell ? readShell(text) : []
  const [name = '', next = ''] = words
  if (Object.hasOwn(SCRIPTS, name) && next.startsWith('--')) return true
  return next !== '' && Object.hasOwn(PROGRAMS, name) && name !== '.'
}

/** Programs that act on a cloud, or on what is not here: a block with one of them has to be marked. */
export const isForeign = ({ words: [name] }: ShellCommand): boolean =>
  name !== undefined && !Object.hasOwn(PROGRAMS, name)

/** @throws saying what is wrong with a command as a page prints it. */
export async function checkCommand({ words: [name, ...args] }: ShellCommand): Promise<void> {
  if (name !== undefined) await known(PROGRAMS, name, 'a program that can be checked; mark its block')(args)
}

function known<T>(table: Readonly<Record<string, T>>, name: string, what: string): T {
  if (Object.hasOwn(table, name)) return table[name]!
  throw new Error(`'${name}' is not ${what}; those are ${Object.keys(table).join(', ')}.`)
}

async function pnpm([name = '', ...args]: readonly string[]): Promise<void> {
  if (name === 'install') return options('--global', '--frozen-lockfile', 'pnpm@12')(args)
  if (name === 'pack') return options()(args)
  if (name === 'run') return await pnpm(args)
  if (name === '--filter') {
    const [folder = '', script = ''] = args
    known(manifestOf(folder).scripts, script, `a script of ${folder}`)
    return
  }
  known(scripts, name, 'a script of package.json')
  await (SCRIPTS[name] ?? options())(args)
}

/** Runs the real parser of the command, and nothing behind it. */
function byCommander(make: typeof drillCommand): Check {
  return (args) => {
    const errors: string[] = []
    const command = make(new AbortController().signal)
      .exitOverride()
      .configureOutput({ writeErr: (text) => errors.push(text) })
      .action(() => {})
    try {
      command.parse([...args].map(filled), { from: 'user' })
    } catch (error) {
      if ((error as { code?: string }).code === 'commander.helpDisplayed') return
      throw new Error(errors.join(' ') || String(error))
    }
  }
}

async function llmops([name = '', ...args]: readonly string[]): Promise<void> {
  if (name === '--version' || name === '--help') return
  const entry = COMMANDS.find((word) => word.name === name)
  if (!entry) throw new Error(`'${name}' is not a command of llmops.`)
  parseCommand('llmops', name, await entry.load(), args)
}

function vitest(args: readonly string[]): void {
  for (const [index, arg] of args.entries()) {
    if (arg.startsWith('-'))
      known({ '--mode': true, '--project': true, '-t': true }, arg, 'an option of vitest that pages use')
    // The name of a test.
    else if (args[index - 1] === '-t') continue
    else if (args[index - 1] === '--mode') known({ fast: true, soak: true }, arg, 'a mode of the tests')
    else if (args[index - 1] === '--project') files([`packages/${arg}`, arg], 1)
    else if (arg !== 'FILE') files([arg, `packages/llmops-middleware/${arg}`], 1)
  }
}

function node(args: readonly string[]): void {
  if (args[0] === '-p') return void new Script(args[1]!)
  const flags = args.filter((arg) => arg.startsWith('-')).map((flag) => flag.split('=')[0]!)
  const odd = flags.filter((flag) => !process.allowedNodeEnvironmentFlags.has(flag))
  if (odd.length > 0) throw new Error(`Node has no ${odd.join(', ')}.`)
  const at = args.indexOf('--import')
  const preloaded = at === -1 ? 'llmops-middleware/register' : args[at + 1]!
  import.meta.resolve(preloaded)
  const [file = ''] = args.filter((arg, index) => !arg.startsWith('-') && args[index - 1] !== '--import')
  // A path into this repository, or into an installed package of it, is there; a name alone is the reader's own file.
  if (file.startsWith('node_modules/llmops-middleware/dist/')) {
    files([file.replace(/^node_modules\/(.+)\/dist\/(.+)\.js$/, 'packages/$1/src/$2.ts')])
  } else if (file.includes('/')) files([file])
}

const NPM: Readonly<Record<string, Check>> = {
  init: options('-y'),
  pack: options(),
  install: npmInstall,
  ls: npmInstall,
  pkg: (args) => {
    const command = args.join(' ')
    if (command !== 'set type=module') throw new Error(`'npm pkg ${command}' is not a command that pages use.`)
  },
}

function npm([name, ...args]: readonly string[]): void {
  known(NPM, name ?? '', 'a command of npm that pages use')(args)
}

function npmInstall(args: readonly string[]): void {
  const { peerDependencies, devDependencies, dependencies } = manifestOf('packages/llmops-middleware')
  const names = {
    ...dependencies,
    ...devDependencies,
    ...peerDependencies,
    'llmops-middleware': '',
    pnpm: '',
    ...examples(),
  }
  for (const arg of args) {
    if (arg.endsWith('.tgz') || arg === '--global' || arg === '--save-dev') continue
    known(names, arg.replace(/(?<=.)@[\d.]+$/, ''), 'a package that this one is tested with')
  }
}

const examples = () => manifestOf('examples').dependencies

function curl(args: readonly string[]): void {
  const values = args.filter((_, index) => ['-H', '-d', '-X'].includes(args[index - 1]!))
  for (const value of values.filter((text) => text.startsWith('{'))) JSON.parse(value)
  for (const arg of args) {
    if (values.includes(arg)) continue
    if (arg.startsWith('-'))
      known({ '-s': 1, '-H': 1, '-d': 1, '-X': 1, '-N': 1, '-i': 1 }, arg, 'an option that pages use')
    else new URL(/^https?:/.test(arg) ? filled(arg) : `http://${arg}`)
  }
}

function options(...accepted: readonly string[]): Check {
  return (args) => {
    const odd = args.find((arg) => !accepted.includes(arg))
    if (odd !== undefined) throw new Error(`'${odd}' is not taken; ${accepted.join(', ') || 'nothing'} is.`)
  }
}

function files(paths: readonly string[], atLeast = paths.length): void {
  if (paths.filter((path) => existsSync(join(ROOT, path))).length < atLeast)
    throw new Error(`There is no ${paths.join(', ')}.`)
}

/** `<site>` stands for what only the reader knows. */
const filled = (text: string) => text.replace(/<[\w ]+>/g, 'filled')

type Manifest = {
  readonly packageManager?: string
  readonly scripts: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Manifest
}

/** The one that CI runs. */
function pnpmMajor(): string {
  return /pnpm@(\d+)/.exec(readFileSync(join(ROOT, '.ci/run'), 'utf8'))![1]!
}
