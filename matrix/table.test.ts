import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { probe } from './probe.ts'
import type { Row } from './row.ts'
import { rows } from './rows/index.ts'
import { cellsOf, readTable, writeTable } from './table.ts'

const page = await readFile(join(import.meta.dirname, '../docs/runtimes.md'), 'utf8')
const withoutVersion = ([name, , ...rest]: readonly string[]) => [name, ...rest]

it('is the table of docs/runtimes.md, line by line', () => {
  expect(readTable(page).map(withoutVersion)).toEqual(rows.map((row) => withoutVersion(cellsOf(row, ''))))
})

it('has a version of everything, which a run found out', () => {
  expect(readTable(page).map(([, version]) => version)).not.toContain('not tried')
  expect(readTable(page).every(([, version]) => /^\d+\.\d+/.test(version!))).toBe(true)
})

it('keeps what an earlier run found out where only some rows are tried, and then its day', () => {
  const [first, second] = [row('Node.js'), row('Bun')]
  const before = writeTable(
    page,
    [first, second],
    new Map([
      [first, '1.0'],
      [second, '2.0'],
    ]),
    new Date('2026-01-02'),
  )
  expect(before).toContain('Tried on 2 January 2026 with')
  const after = writeTable(before, [first, second], new Map([[second, '2.1']]), new Date('2027-01-02'))
  expect(after).toContain('Tried on 2 January 2026 with')
  expect(readTable(after).map(([name, version]) => [name, version])).toEqual([
    ['Node.js', '1.0'],
    ['Bun', '2.1'],
  ])
})

it('tries an agent that holds on the sources too', () => probe())

function row(name: string): Row {
  return { name, files: {}, run: [], tried: 'everything' }
}
