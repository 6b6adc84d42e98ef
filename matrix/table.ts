import type { Row } from './row.ts'

const HEAD = ['with', 'version', 'works', 'what was tried', 'what it needs, or why not']
const TABLE = /^\| with .*(\n\|.*)*/m
const DAY = /^Tried on (.*) with `pnpm test:matrix`/m

/** The fields of a row that the table shows, and the version that a run found. */
export function cellsOf(row: Row, version: string): readonly string[] {
  return [row.name, version, row.refuses ? '**no**' : 'yes', row.tried, row.note ?? '']
}

/** The cells of each line below the heading. */
export function readTable(page: string): readonly (readonly string[])[] {
  const [, , ...lines] = TABLE.exec(page)![0].split('\n')
  return lines.map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

/** Returns the page with the results of a run. Rows that failed, or were not tested, keep their version. */
export function writeTable(
  page: string,
  rows: readonly Row[],
  versions: ReadonlyMap<Row, string>,
  today: Date,
): string {
  const before = new Map(readTable(page).map(([name, version]) => [name, version!]))
  const lines = rows.map((row) => cellsOf(row, versions.get(row) ?? before.get(row.name) ?? 'not tried'))
  const written = page.replace(TABLE, () => format([HEAD, ...lines]))
  if (versions.size < rows.length) return written
  const day = today.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' })
  return written.replace(DAY, (line, was: string) => line.replace(was, day))
}

function format(lines: readonly (readonly string[])[]): string {
  const widths = HEAD.map((_, column) => Math.max(...lines.map((cells) => cells[column]!.length)))
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`
  const [head, ...rest] = lines.map(line)
  return [head, line(widths.map((width) => '-'.repeat(width))), ...rest].join('\n')
}
