import type { Row } from './row.ts'

const HEAD = ['with', 'version', 'works', 'what was tried', 'what it needs, or why not']
const TABLE = /^\| with .*(\n\|.*)*/m
const DAY = /^Tried on (.*) with `pnpm test:matrix`/m

/** What a row says of itself; the version is what a run found. */
export function cellsOf(row: Row, version: string): readonly string[] {
  return [row.name, version, row.refuses ? '**no**' : 'yes', row.tried, row.note ?? '']
}

/** The cells of each line under the head. */
export function readTable(page: string): readonly (readonly string[])[] {
  const [, , ...lines] = TABLE.exec(page)![0].split('\n')
  return lines.map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

/** The page with what a run found out; the lines of rows that did not pass, or were not tried, keep their version. */
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
