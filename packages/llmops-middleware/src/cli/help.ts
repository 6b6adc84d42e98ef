import type { Command, CommandEntry, CommandOption } from './command.ts'
import { exitCodeRows, JSON_HELP } from './exit-codes.ts'

export function generalHelp(call: string, commands: readonly CommandEntry[]): string {
  return sections([
    ['', [`Usage: ${call} COMMAND [options]`]],
    ['Commands', rows(commands.map(({ name, parameters, summary }) => [join(name, parameters), summary]))],
    [
      'Options',
      rows([
        ['-h, --help', 'this text; after a command, the help of the command'],
        ['--version', 'the version of llmops-middleware'],
      ]),
    ],
    [
      'Exit codes',
      rows(exitCodeRows({ 0: 'what was asked holds', 1: 'it does not; each command says what that means' })),
    ],
  ])
}

export function commandHelp(call: string, { name, parameters, summary }: CommandEntry, command: Command): string {
  const options: Readonly<Record<string, CommandOption>> = {
    ...command.options,
    help: { type: 'boolean', short: 'h', description: 'this text' },
  }
  const described = Object.entries(options).map(([name, option]): [string, string] => [
    `${option.short ? `-${option.short}, ` : ''}--${join(name, option.value)}`,
    option.description,
  ])
  return sections([
    ['', [`Usage: ${call} ${join(name, parameters)} [options]`, '', summary]],
    ['Options', rows(described)],
    ...(command.details ? [['', [command.details(call)]] satisfies Section] : []),
    ['Exit codes', rows(exitCodeRows(command.exitCodes))],
    ...(command.options?.['json'] ? [['', [JSON_HELP]] satisfies Section] : []),
  ])
}

type Section = readonly [title: string, lines: readonly string[]]

const sections = (all: readonly Section[]) =>
  `${all.map(([title, lines]) => [...(title ? [`${title}:`] : []), ...lines].join('\n')).join('\n\n')}\n`

function rows(pairs: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...pairs.map(([left]) => left.length))
  return pairs.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
}

const join = (...parts: readonly (string | undefined)[]) => parts.filter(Boolean).join(' ')
