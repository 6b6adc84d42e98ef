import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type ts from '@typescript/typescript6'
import { checker, isInternal, program, target } from './program.ts'

const PACKAGE = resolve(import.meta.dirname, '../../..')

/** What a user imports by one path, and the page that describes it. */
export type Entry = {
  readonly specifier: string
  readonly page: string
  readonly file: string
  readonly names: readonly Exported[]
}

export type Exported = { readonly name: string; readonly symbol: ts.Symbol }

/** The entry point that exports nothing: to import it is to govern the process. */
const WITHOUT_NAMES = './register'

function readEntries(): readonly Entry[] {
  const { exports } = JSON.parse(readFileSync(resolve(PACKAGE, 'package.json'), 'utf8')) as {
    exports: Readonly<Record<string, string | { readonly 'llmops-source': string }>>
  }
  return Object.entries(exports).flatMap(([path, entry]) => {
    if (typeof entry === 'string' || path === WITHOUT_NAMES) return []
    const file = resolve(PACKAGE, entry['llmops-source'])
    const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!
    return {
      specifier: `llmops-middleware${path.slice(1)}`,
      page: path === '.' ? 'main.md' : `${path.slice(2).replaceAll('/', '-')}.md`,
      file,
      names: exportsOf(module),
    }
  })
}

function exportsOf(module: ts.Symbol): readonly Exported[] {
  const names = checker.getExportsOfModule(module).map((symbol) => ({ name: symbol.name, symbol: target(symbol) }))
  const forUsers = names.filter(({ symbol }) => !isInternal(symbol))
  return forUsers.toSorted((a, b) => a.name.localeCompare(b.name, 'en'))
}

export const ENTRIES = readEntries()

/**
 * Where each name is described: once, on the page of the most particular entry point that exports it. The main entry
 * point exports what most need of the others, and its page leads to theirs.
 */
export const HOMES: ReadonlyMap<ts.Symbol, { readonly page: string; readonly name: string }> = (() => {
  const homes = new Map<ts.Symbol, { page: string; name: string }>()
  const [main, ...others] = ENTRIES
  for (const { page, names } of [...others, main!]) {
    for (const { name, symbol } of names) {
      if (!homes.has(symbol)) homes.set(symbol, { page, name })
    }
  }
  return homes
})()

/** By name, for text that speaks of one. */
export const HOME_OF_NAME = new Map([...HOMES.values()].map((home) => [home.name, home]))

/** As GitHub makes it of a heading. */
export function anchor(name: string): string {
  return name.toLowerCase().replace(/[^\w-]/g, '')
}

export function linkTo(home: { readonly page: string; readonly name: string }, from: string): string {
  return `${home.page === from ? '' : home.page}#${anchor(home.name)}`
}
