/**
 * Follows the README of the repository as a newcomer does: a fresh clone of the last commit, a shell with Node and npm and
 * nothing else, and each command as it is printed. Takes some minutes, and port 3000.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { blocksOf, ROOT } from '../packages/llmops-middleware/test/pages/blocks.ts'
import { Terminal } from './terminal.ts'

const README = blocksOf('README.md')
/** What the README shows of a drill: the words of each hypothesis, without its figures. */
const HYPOTHESES = README.flatMap(({ language, text }) => (language === 'text' ? text.split('\n') : [])).flatMap(
  (line) => /^ {2}✓ (.+?)(?: {2,}|$)/.exec(line)?.[1] ?? [],
)

type Expected = {
  /** What the command begins with, after its variables. */
  readonly command: string
  readonly exitCode?: number
  /** Whether it runs until Ctrl-C. */
  readonly staysUp?: boolean
  /** All of it is printed; by a command that Ctrl-C ends, before it is ready. */
  readonly prints: readonly (string | RegExp)[]
  readonly page?: string
}

/** What `practise` prints for the second terminal. */
const DOCTOR = 'npx --yes pnpm@12 llmops doctor --app apps/agent --env-file .data/practice.env'

/** In the order of the README. */
const EXPECTED: readonly Expected[] = [
  { command: 'npx --yes pnpm@12 drill', prints: [...HYPOTHESES.map((words) => `✓ ${words}`), 'hurt and healed'] },
  {
    command: 'npx --yes pnpm@12 start',
    staysUp: true,
    prints: ['page    http://127.0.0.1:3000'],
    page: 'http://127.0.0.1:3000',
  },
  { command: 'npx --yes pnpm@12 ask', prints: ['ORD-1001', /"status": "completed"/] },
  { command: 'npx --yes pnpm@12 start', staysUp: true, prints: ['page    http://127.0.0.1:3000'] },
  { command: 'npx --yes pnpm@12 chaos inject', exitCode: 1, prints: [/task success +\d/, 'as before'] },
  { command: 'npx --yes pnpm@12 chaos spread', prints: ['http /chat', /failed( +0){3}/] },
  { command: 'npx --yes pnpm@12 chaos practise', staysUp: true, prints: [`In another shell: ${DOCTOR}`] },
]

/** Of the package, which `check-package.ts` installs and runs; and every test, of which this is one. */
const ELSEWHERE = ['node --import llmops-middleware/register', 'npx --yes pnpm@12 test']

const blocks = README.filter(
  ({ language, text }) => language === 'sh' && !ELSEWHERE.some((start) => text.startsWith(start)),
)
if (blocks.length !== EXPECTED.length || HYPOTHESES.length === 0) {
  throw new Error(
    `The README has ${blocks.length} commands, and newcomer.ts knows ${EXPECTED.length}. Say what each prints.`,
  )
}

const work = await mkdtemp(join(tmpdir(), 'newcomer-'))
const clone = join(work, 'llmops-middleware')
/** Nothing of this project is on the PATH, because a newcomer has only the Node of the system. */
const PATH = process.env['PATH']!.split(delimiter)
  .filter((folder) => !folder.startsWith(ROOT))
  .join(delimiter)
const env = { PATH, HOME: process.env['HOME'] }
const terminals: Terminal[] = []
let running: Terminal | undefined
try {
  if (await answers('http://127.0.0.1:3000')) throw new Error('Port 3000 is taken: end the process that listens there.')
  await promisify(execFile)('git', ['clone', '--quiet', ROOT, clone])
  const node = await promisify(execFile)('sh', ['-c', 'node --version'], { env })
  console.log(`Node ${node.stdout.trim()}, a fresh clone in ${clone}`)
  for (const [index, { text }] of blocks.entries()) await follow(text, EXPECTED[index]!)
  await follow(DOCTOR, {
    command: 'npx --yes pnpm@12 llmops doctor',
    exitCode: 1,
    prints: [/PLATFORM +Broken: identity/],
  })
  await running?.interrupt()
} finally {
  for (const terminal of terminals) terminal.close()
  await rm(work, { recursive: true, maxRetries: 5 })
}

async function follow(text: string, expected: Expected): Promise<void> {
  const begin = text.replace(/^(?:\w+=\S+ |\. \S+; )*/, '')
  if (!begin.startsWith(expected.command))
    throw new Error(`'${expected.command}' is expected, and the README has: ${text}`)
  const startedAt = performance.now()
  const { staysUp = false } = expected
  // Each command has a shell of its own. Only one command that runs until Ctrl-C runs at a time.
  if (staysUp) await running?.interrupt()
  const command = new Terminal(text, clone, env)
  terminals.push(command)
  if (staysUp) {
    running = command
    await command.prints(expected.prints)
  } else {
    await command.ends(expected.exitCode ?? 0)
    await command.prints(expected.prints)
  }
  if (expected.page !== undefined && !(await answers(expected.page))) throw new Error(`No page is at ${expected.page}.`)
  console.log(`✓ ${((performance.now() - startedAt) / 1000).toFixed(1).padStart(5)} s  ${text.split('\n')[0]}`)
}

async function answers(url: string): Promise<boolean> {
  return await fetch(url).then(
    ({ ok }) => ok,
    () => false,
  )
}
