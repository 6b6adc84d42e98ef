import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { anchor, ENTRIES } from './support/reference/entries.ts'
import { exportedNames, lackingSentence } from './support/reference/lacking.ts'
import { referencePages } from './support/reference/pages.ts'
import { LEAKED } from './support/reference/type-text.ts'

const DOCS = resolve(import.meta.dirname, '../../../docs')
const pages = referencePages()

describe('docs/reference', () => {
  it('is what `pnpm reference` makes of the docstrings', () => {
    const committed = readdirSync(join(DOCS, 'reference'))
    expect(committed.toSorted()).toEqual([...pages.keys()].toSorted())
    const stale = committed.filter((name) => readFileSync(join(DOCS, 'reference', name), 'utf8') !== pages.get(name))
    expect(stale, 'Run `pnpm reference`.').toEqual([])
  })

  it('has a page for each entry point, which says what it is for', () => {
    expect(ENTRIES.length).toBeGreaterThan(15)
    const purposes = ENTRIES.map(({ page }) => pages.get(page)!.split('\n\n')[2]!)
    expect(purposes.filter((purpose) => !/^[A-Z].*\.$/s.test(purpose))).toEqual([])
  })

  it('has no link that leads nowhere', () => {
    const links = [...pages].flatMap(([page, text]) =>
      Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), ([, link]) => ({ page, link: link! })),
    )
    expect(links.length).toBeGreaterThan(500)
    const lost = links.filter(({ page, link }) => !/^https:/.test(link) && !leadsSomewhere(page, link))
    expect(lost).toEqual([])
  })

  it('names no type that cannot be imported', () => {
    expect([...LEAKED]).toEqual([])
  })
})

describe('each name that can be imported', () => {
  const names = exportedNames()

  it('is found', () => {
    expect(names.length).toBeGreaterThan(250)
    const some = ['createLlmOps', 'Task', 'redisLedger', 'governed', 'StreamBrokenError']
    expect(names.map(({ name }) => name)).toEqual(expect.arrayContaining(some))
  })

  it('has a sentence that says what it is, and so have its fields and parameters', () => {
    expect(names.flatMap(lackingSentence)).toEqual([])
  })
})

function leadsSomewhere(page: string, link: string): boolean {
  const [file, fragment] = link.split('#')
  const text = file === '' ? pages.get(page) : (pages.get(file!) ?? read(join(DOCS, 'reference', file!)))
  if (text === undefined || fragment === undefined) return text !== undefined
  return Array.from(text.matchAll(/^#+ (.+)$/gm), ([, title]) =>
    anchor(title!.replaceAll('`', '').replaceAll(' ', '-')),
  ).includes(fragment)
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
