import { describe, expect, it } from 'vitest'
import type { Command, CommandEntry } from './command.ts'
import { runLlmops } from './run-llmops.ts'
import { UsageError } from './usage-error.ts'

const greet: Command = {
  options: {
    loud: { type: 'boolean', description: 'in capitals' },
    to: { type: 'string', value: 'CITY', description: 'where' },
  },
  maxArguments: 1,
  exitCodes: { 0: 'somebody was there', 1: 'nobody was' },
  async run({ options, positionals: [name] }, { stdout }) {
    if (name === 'nobody') return 1
    if (name === 'moon') throw new UsageError("'moon' is no place. Name a person.")
    stdout.write(`hello ${options['loud'] ? name?.toUpperCase() : name}\n`)
    return 0
  },
}
const wait: Command = {
  exitCodes: { 0: 'never' },
  run: (_given, { signal }) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
}

const entry = (name: string, command: Command): CommandEntry => ({
  name,
  summary: `It is to ${name}.`,
  load: async () => command,
})
const COMMANDS = [{ ...entry('greet', greet), parameters: '[NAME]' }, entry('wait', wait)]

async function run(args: readonly string[], signal: AbortSignal = new AbortController().signal) {
  const said = { stdout: '', stderr: '' }
  const world = {
    call: 'npx llmops',
    env: {},
    cwd: '/',
    stdout: { write: (text: string) => (said.stdout += text) },
    stderr: { write: (text: string) => (said.stderr += text) },
    signal,
  }
  const code = await runLlmops(args, world, COMMANDS)
  return { ...said, code }
}

describe('llmops', () => {
  it('runs the command that is asked for, with its options and arguments', async () => {
    expect(await run(['greet', 'ada', '--loud'])).toEqual({ stdout: 'hello ADA\n', stderr: '', code: 0 })
  })

  it('ends with the exit code of the command', async () => {
    expect(await run(['greet', 'nobody'])).toEqual({ stdout: '', stderr: '', code: 1 })
  })

  it('names its commands in --help, and the options and exit codes of a command in that command’s', async () => {
    expect((await run(['--help'])).stdout).toMatch(/greet \[NAME\] +It is to greet\.\n +wait +It is/)
    const { stdout, code } = await run(['greet', '--help'])
    expect(stdout).toMatch(/--to CITY +where/)
    expect(stdout).toMatch(
      /0 +held: somebody was there\n +1 +did not hold: nobody was\n +2 +could not run: .*\n +130 +interrupted: by Ctrl-C/,
    )
    expect(code).toBe(0)
    expect((await run(['help', 'greet'])).stdout).toBe(stdout)
  })

  it('shows the help as an error where no command is asked for', async () => {
    const { stdout, stderr, code } = await run([])
    expect({ stdout, code }).toEqual({ stdout: '', code: 2 })
    expect(stderr).toMatch(/Usage: npx llmops COMMAND/)
  })

  it.each([
    [['gret'], /'gret' is not a command of llmops\. Did you mean 'greet'\? Its commands are greet, wait/],
    [['--versoin'], /'--versoin' is not an option of llmops\. Did you mean '--version'\?/],
    [['-v'], /'-v' is not an option of llmops\. Did you mean '--version'\?/],
    [['version'], /'version' is not a command of llmops\. Did you mean '--version'\?/],
    [['greet', '--lod'], /'--lod' is not an option of llmops greet\. Did you mean --loud\?/],
    [['greet', '-x'], /'-x' is not an option of llmops greet/],
    [['greet', '--to'], /--to <value>.*argument missing.*See `npx llmops greet --help`/],
    [['greet', '--loud=yes'], /--loud.*does not take an argument/],
    [['greet', 'ada', 'bob'], /'bob' is an argument more than llmops greet takes/],
    [['greet', 'moon'], /'moon' is no place/],
  ])('refuses %j in one line, with exit code 2', async (args, message) => {
    const { stdout, stderr, code } = await run(args)
    expect({ stdout, code }).toEqual({ stdout: '', code: 2 })
    expect(stderr).toMatch(message)
    expect(stderr.trimEnd()).not.toContain('\n')
  })

  it('shows where a bug of a command is, which a wrong use does not', async () => {
    const broken: Command = { ...greet, run: () => Promise.reject(new TypeError('x is not a function')) }
    let stderr = ''
    const output = { write: (text: string) => (stderr += text) }
    const world = {
      call: 'llmops',
      env: {},
      cwd: '/',
      stdout: output,
      stderr: output,
      signal: new AbortController().signal,
    }
    expect(await runLlmops(['greet'], world, [entry('greet', broken)])).toBe(2)
    expect(stderr).toMatch(/TypeError: x is not a function\n +at /)
  })

  it('ends quietly with 130 on Ctrl-C', async () => {
    const stop = new AbortController()
    const ended = run(['wait'], stop.signal)
    stop.abort()
    expect(await ended).toEqual({ stdout: '', stderr: '', code: 130 })
  })
})
