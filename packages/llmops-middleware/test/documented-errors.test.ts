import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { HTTP_STATUS } from '../src/error-codes.ts'
import { problemOf } from '../src/express/index.ts'
import { PROBLEM_STATUS } from '../src/http/problem-status.ts'
import { LlmOpsError } from '../src/index.ts'
import { entryPoints } from './support/entry-points.ts'

const PACKAGE = resolve(import.meta.dirname, '..')
const DOCUMENT = readFileSync(join(PACKAGE, '../../docs/errors.md'), 'utf8')

type ErrorClass = { readonly name: string; readonly code: string }

/** Every error that a user can import, from any entry point. */
const classes = new Set<ErrorClass>()
for (const path of entryPoints()) {
  // It exports nothing, and to import it is to govern this process.
  if (path.endsWith('register/main.ts')) continue
  const entry = (await import(path)) as Record<string, unknown>
  for (const value of Object.values(entry)) {
    if (typeof value === 'function' && value.prototype instanceof LlmOpsError) classes.add(value as never)
  }
}

/** The rows of the table under a heading, without its own two lines. */
function rowsUnder(heading: string): readonly (readonly string[])[] {
  const [, section = ''] = DOCUMENT.split(`\n## ${heading}\n`)
  const [table = ''] = section.split('\n## ')
  const lines = table.split('\n').filter((line) => line.startsWith('|'))
  const rows = lines.map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')))
  return rows.slice(2).map((cells) => cells.slice(1, -1))
}

const thrown = rowsUnder('Thrown')
const answered = rowsUnder('Answered in place of the provider')
const problems = rowsUnder('Problems of `llmops-middleware/express`, `/fastify` and `/web`')

describe('docs/errors.md', () => {
  it('has each class of error with its code, and no other', () => {
    const documented = thrown.map(([code, name]) => `${code} ${name}`)
    expect(documented.sort()).toEqual([...classes].map(({ code, name }) => `${code} ${name}`).sort())
  })

  it('has every code with its HTTP status, and no other', () => {
    const statuses = [...thrown.map(([code, , status]) => [code, status]), ...answered]
    expect(byCode(statuses)).toEqual(HTTP_STATUS)
    expect(byCode(problems)).toEqual(PROBLEM_STATUS)
  })

  it('has for each error the status that problemHandler answers with, without details of our own mistakes', () => {
    for (const [code, name, status] of thrown) {
      const problem = problemOf(Object.assign(new Error('It failed.'), { name, code }))
      // A damaged store is no mistake of ours, so its code is told; where it stands is not.
      const isTold = status !== '500' || code === 'ledger_corrupted'
      expect(problem).toMatchObject({ status: Number(status), code: isTold ? code : 'internal' })
      if (status === '500') expect(problem.detail).not.toContain('It failed.')
    }
  })

  it('says of every code what happened and what to do', () => {
    const silent = [...thrown, ...answered, ...problems].filter((row) => row.slice(-2).some((cell) => cell.length < 8))
    expect(silent).toEqual([])
  })
})

function byCode(rows: readonly (readonly (string | undefined)[])[]): Record<string, number> {
  return Object.fromEntries(rows.map(([code, status]) => [code, Number(status)]))
}

const sources = readdirSync(join(PACKAGE, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .map((file) => readFileSync(join(PACKAGE, 'src', file), 'utf8'))

describe('a class of error', () => {
  it('is exported by an entry point', () => {
    const written = sources.flatMap((text) =>
      Array.from(text.matchAll(/class (\w+) extends LlmOpsError/g), ([, name]) => name),
    )
    expect([...classes].map(({ name }) => name).sort()).toEqual(written.sort())
  })

  it('is recognised by its code, as its instances may be of another copy of the package', () => {
    const names = new Set(['LlmOpsError', ...[...classes].map(({ name }) => name)])
    const asked = sources.flatMap((text) => Array.from(text.matchAll(/instanceof (\w+)/g), ([, name]) => name!))
    expect(asked).toContain('Error')
    expect(asked.filter((name) => names.has(name))).toEqual([])
  })

  it('has its name written out, which a minifier that renames the class does not change', () => {
    const renamed = [...classes].filter(
      (ErrorClass) => !Object.getOwnPropertyDescriptor(ErrorClass, 'name')!.enumerable,
    )
    expect(renamed).toEqual([])
  })
})
