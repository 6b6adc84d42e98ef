import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { packPackage } from '../scripts/pack-package.ts'
import type { Row } from './row.ts'
import { rows } from './rows/index.ts'
import { writeTable } from './table.ts'
import { tryRow } from './try-row.ts'

const PAGE = join(import.meta.dirname, '../docs/runtimes.md')
const versions = new Map<Row, string>()

let work: string
let tarball: string
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'llmops-matrix-'))
  tarball = await packPackage(work)
})
afterAll(async () => {
  await writeFile(PAGE, writeTable(await readFile(PAGE, 'utf8'), rows, versions, new Date()))
  await rm(work, { recursive: true })
})

describe.concurrent('the tarball', () => {
  for (const row of rows) {
    it(`${row.refuses ? 'says that it does not work' : 'works'} with ${row.name}`, async () => {
      versions.set(row, await tryRow(row, { tarball, work }))
    })
  }
})
