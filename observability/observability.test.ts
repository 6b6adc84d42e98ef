import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { readObjectives } from '../apps/agent/src/objectives/index.ts'
import { blocksOf, PAGES, placeOf } from '../packages/llmops-middleware/test/pages/blocks.ts'
import { createQueryChecker, type QueryCheck } from './kusto.ts'
import { readQueries, withParameters } from './queries.ts'
import { buildWorkbook } from './workbook.ts'

const queries = readQueries()
const workbookText = readFileSync(new URL('./workbook.json', import.meta.url), 'utf8')
const workbook = JSON.parse(workbookText) as {
  items: { type: number; name: string; content: Record<string, unknown> }[]
}
const tiles = workbook.items.filter(({ type }) => type === 3)
let check: (query: string) => QueryCheck
beforeAll(() => {
  check = createQueryChecker()
})

describe('queries.kql', () => {
  it.each(queries.map(({ name, text }) => ({ name, text })))('$name is sound against the tables', ({ text }) => {
    expect(check(text).diagnostics).toEqual([])
  })

  it.each([
    ['an unknown column', 'customMetrics | where nam == "x"', /^KS142/],
    ['an unknown table', 'customMetrix | take 1', /^KS204/],
    ['an unknown function', 'customMetrics | extend a = sumation(value)', /^KS211/],
  ])('would be refused for %s', (_, query, diagnostic) => {
    expect(check(query).diagnostics.join()).toMatch(diagnostic)
  })

  it('reads no percentile from a metric, which arrives without its buckets', () => {
    for (const { name, text } of queries.filter(({ text }) => text.includes('percentile'))) {
      expect(text, name).not.toContain('customMetrics')
    }
  })
})

describe('each query on a page', () => {
  // The numbers of slo.yaml are names there.
  const lets = Object.entries(readObjectives()).map(([name, value]) => `let ${name} = ${value};\n`)

  it.each(
    PAGES.flatMap(blocksOf)
      .filter(({ language }) => language === 'kusto')
      .map((block) => ({ place: placeOf(block), text: block.text })),
  )('$place is sound against the tables', ({ text }) => {
    expect(check(`${lets.join('')}${text}`).diagnostics).toEqual([])
  })
})

describe('workbook.json', () => {
  it('is what the queries build; `pnpm --filter observability build` refreshes it', () => {
    expect(workbookText).toBe(buildWorkbook())
  })

  it('has six tiles with names of their own', () => {
    expect(new Set(tiles.map(({ name }) => name)).size).toBe(6)
    expect(tiles).toHaveLength(6)
  })

  it('asks for each of its parameters, and each query is sound with them filled in', () => {
    for (const { name, content } of tiles) {
      const query = String(content['query'])
      expect(check(query.replaceAll('{BudgetUsd}', '50')).diagnostics, name).toEqual([])
    }
    expect(tiles.some(({ content }) => String(content['query']).includes('{BudgetUsd}'))).toBe(true)
  })

  it('formats only columns that its queries give', () => {
    for (const { name, content } of tiles) {
      const { columns } = check(String(content['query']).replaceAll('{BudgetUsd}', '50'))
      const { formatters = [] } = (content['gridSettings'] ?? {}) as { formatters?: { columnMatch: string }[] }
      for (const { columnMatch } of formatters) expect(columns, name).toContain(columnMatch)
    }
  })

  it('keeps a query as people run it when it has no parameter', () => {
    expect(withParameters('customMetrics | take 1')).toBe('customMetrics | take 1')
  })
})
