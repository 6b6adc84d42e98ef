import { exitCodeRows, JSON_HELP } from './exit-codes.ts'
import type { Word, WordEntry, WordOption } from './word.ts'

export function generalHelp(call: string, words: readonly WordEntry[]): string {
  return sections([
    ['', [`Usage: ${call} WORD [options]`]],
    ['Words', rows(words.map(({ name, parameters, summary }) => [join(name, parameters), summary]))],
    [
      'Options',
      rows([
        ['-h, --help', 'this text; after a word, that of the word'],
        ['--version', 'the version of llmops-middleware'],
      ]),
    ],
    ['Exit codes', rows(exitCodeRows({ 0: 'what was asked holds', 1: 'it does not; each word says what that means' }))],
  ])
}

export function wordHelp(call: string, { name, parameters, summary }: WordEntry, word: Word): string {
  const options: Readonly<Record<string, WordOption>> = {
    ...word.options,
    help: { type: 'boolean', short: 'h', description: 'this text' },
  }
  const described = Object.entries(options).map(([name, option]): [string, string] => [
    `${option.short ? `-${option.short}, ` : ''}--${join(name, option.value)}`,
    option.description,
  ])
  return sections([
    ['', [`Usage: ${call} ${join(name, parameters)} [options]`, '', summary]],
    ['Options', rows(described)],
    ...(word.details ? [['', [word.details(call)]] satisfies Section] : []),
    ['Exit codes', rows(exitCodeRows(word.exitCodes))],
    ...(word.options?.['json'] ? [['', [JSON_HELP]] satisfies Section] : []),
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
