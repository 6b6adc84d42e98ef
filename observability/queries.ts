import { readFileSync } from 'node:fs'

export type Query = {
  readonly name: string
  readonly title: string
  /** How the workbook shows it; `none` for a query that only people run. */
  readonly visualisation: 'table' | 'timechart' | 'none'
  readonly text: string
}

const HEADER = /^\/\/ ## (\w+) \| (.+?) \| (table|timechart|none)$/

/** Reads `queries.kql`: a header line starts a query, which runs to the next header. */
export function readQueries(source = readFileSync(new URL('./queries.kql', import.meta.url), 'utf8')): Query[] {
  const queries: { name: string; title: string; visualisation: Query['visualisation']; lines: string[] }[] = []
  for (const line of source.split('\n')) {
    const header = HEADER.exec(line)
    if (header) {
      const [, name, title, visualisation] = header
      queries.push({ name: name!, title: title!, visualisation: visualisation as Query['visualisation'], lines: [] })
    } else if (line.startsWith('// ##')) {
      throw new Error(`queries.kql: '${line}' is not '// ## name | title | table, timechart or none'`)
    } else queries.at(-1)?.lines.push(line)
  }
  return queries.map(({ lines, ...query }) => ({ ...query, text: lines.join('\n').trim() }))
}

const PARAMETER = /^let (\w+) = ([\d.]+); \/\/ parameter (\w+)$/gm

/** The query as the workbook runs it: literals marked as parameters become the reader's choice. */
export function withParameters(text: string): string {
  return text.replace(PARAMETER, 'let $1 = todouble({$3});')
}
