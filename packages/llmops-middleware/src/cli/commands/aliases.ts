import { realpathSync } from 'node:fs'
import type { Command } from '../command.ts'
import { UsageError } from '../usage-error.ts'

/** The short names that images of the platform have, and what each is here. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  llmops: [],
  'ai-diagnose': ['doctor'],
  'ai-dns': ['doctor', '--only', 'dns,network'],
  'ai-access-check': ['doctor', '--only', 'identity'],
  'ai-test': ['doctor', '--only', 'model'],
  'ai-latency': ['doctor', '--only', 'model', '--calls', '5'],
  checkport: ['doctor', '--only', 'port'],
  appconfig: ['doctor', '--only', 'config', '--settings'],
}

export const aliases: Command = {
  options: { shell: { type: 'string', value: 'SHELL', description: "'sh' (and bash, zsh) or 'powershell' (sh)" } },
  details: (call) =>
    [
      `Install them, in bash, zsh or sh: eval "$(${call} aliases)"`,
      `In PowerShell: ${call} aliases --shell powershell | Out-String | Invoke-Expression`,
      '',
      ...describe(),
    ].join('\n'),
  exitCodes: { 0: 'printed' },
  async run({ options }, { stdout }) {
    const { shell = 'sh' } = options
    if (shell !== 'sh' && shell !== 'powershell') {
      throw new UsageError(`--shell must be 'sh' or 'powershell', got '${shell}'.`)
    }
    // The command itself, whatever name or link it was started by.
    const command = realpathSync(process.argv[1]!)
    const write = shell === 'sh' ? scriptFor : powershellFor
    stdout.write(write([process.execPath, ...process.execArgv, command]))
    return 0
  },
}

function describe(): string[] {
  return Object.entries(ALIASES)
    .filter(([, args]) => args.length > 0)
    .map(([name, args]) => `  ${name.padEnd(15)}  llmops ${args.join(' ')}`)
}

/**
 * Functions, which scripts can call too, where names of functions may have a dash; aliases in other shells. Both run
 * this very copy, which need not be on the PATH.
 */
function scriptFor(command: readonly string[]): string {
  const call = command.map(quote).join(' ')
  const each = (write: (name: string, run: string) => string) =>
    Object.entries(ALIASES).map(([name, args]) => write(name, [call, ...args].join(' ')))
  const functions = each((name, run) => `${name}() { ${run} "$@"; }`)
  return [
    `# The short names of llmops doctor.`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's.
    'if [ -n "${BASH_VERSION:-}${ZSH_VERSION:-}" ]; then',
    // Quoted, since other shells read all of it, and take it for an error.
    `  eval ${quote(functions.join('\n'))}`,
    'else',
    ...each((name, run) => `  alias ${name}=${quote(run)}`),
    'fi',
    '',
  ].join('\n')
}

function powershellFor(command: readonly string[]): string {
  const literal = (text: string) => `'${text.replaceAll("'", "''")}'`
  const lines = Object.entries(ALIASES).map(
    ([name, args]) => `function ${name} { & ${[...command, ...args].map(literal).join(' ')} @args }`,
  )
  return `${lines.join('\n')}\n`
}

const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`
